import type { AnswerMapping, MapAnswer, ServerMetadata } from '../core/client.js'
import { EvergrantError } from '../core/errors.js'

/**
 * What is known of a server, as options of `createTokenManager()` and `createTokenPool()`: spread it into them, before
 * options of your own.
 */
export interface ServerPreset extends AnswerMapping {
  readonly issuer?: string
  readonly metadata?: ServerMetadata
  readonly scope?: string
  readonly additionalParameters?: Readonly<Record<string, string>>
}

/**
 * The base URL that a user means by a domain or a URL, without a slash at its end.
 *
 * @throws EvergrantError `misconfigured` for what is neither
 */
export function baseUrl(preset: string, place: string): string {
  const url = place.includes('://') ? place : `https://${place}`
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.hostname && !parsed.search && !parsed.hash) return parsed.href.replace(/\/$/, '')
  throw new EvergrantError('misconfigured', `${preset}(): ${place} is neither a domain nor the URL of a server`)
}

/** Asks for the same scope at sign-in and with each renewal, for servers that want to hear it again. */
export function askedAgain(scope: string | undefined): Pick<ServerPreset, 'scope' | 'additionalParameters'> {
  return scope ? { scope, additionalParameters: { scope } } : {}
}

/** Gives errors of a server's own the names of the standard (RFC 6749 section 5.2). */
export function renamed(errors: Readonly<Record<string, string>>): MapAnswer {
  const names = new Map<unknown, string>(Object.entries(errors))
  return ({ error }) => ({ error: names.get(error) })
}

/** Whether a server says a sentence. Only a preset may look at one, and for want of anything else. */
export function says(text: unknown, sentence: string): boolean {
  const bare = (words: string): string => words.trim().replace(/\.$/, '').toLowerCase()
  return typeof text === 'string' && bare(text) === bare(sentence)
}
