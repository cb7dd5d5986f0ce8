import { EvergrantError } from './errors.js'
import { defaultTokenKey } from './record.js'

/**
 * What an access token is for, where a session has several: another resource (RFC 8707 section 2.2), or less scope than the
 * session (RFC 6749 section 6).
 */
export interface TokenKind {
  /** Names it in the record; `''` is the kind that is asked for without a resource or scope. */
  readonly key: string
  readonly resource: readonly string[]
  readonly scope: string | undefined
}

/** What is asked for without a resource or scope. */
export const defaultKind: TokenKind = { key: defaultTokenKey, resource: [], scope: undefined }

/** How callers ask for a token of its own, got with the refresh token of the session and kept beside the others. */
export interface TokenKindOptions {
  /** The API that the token is for, or several, as absolute URIs (RFC 8707 section 2.2); none by default. */
  readonly resource?: string | readonly string[] | undefined
  /**
   * The scope of the token, words separated by spaces, within what the session was granted (RFC 6749 section 6); that of the
   * session by default.
   */
  readonly scope?: string | undefined
}

/**
 * The kind of token that is asked for: the same one whatever the order of its resources and of the words of its scope.
 *
 * @throws EvergrantError `misconfigured` for a resource that is no absolute URI without a fragment (RFC 8707 section 2)
 */
export function kindOf({ resource = [], scope = '' }: TokenKindOptions): TokenKind {
  const resources = [resource].flat().sort()
  const words = scope.split(' ').filter(Boolean).sort().join(' ')
  for (const uri of resources) {
    if (URL.canParse(uri) && !uri.includes('#')) continue
    throw new EvergrantError('misconfigured', 'resource must be an absolute URI without a fragment (RFC 8707)')
  }
  if (resources.length === 0 && words === '') return defaultKind
  return { key: `${resources.join(' ')}|${words}`, resource: resources, scope: words || undefined }
}
