import { answerMs, systemEnvironment, within } from '../core/environment.js'
import { EvergrantError, unanswered } from '../core/errors.js'

/**
 * What every request to an authorization server is made with: no cookies, no cache, no redirect that carries secrets on.
 * A redirect is an answer that means nothing, since workerd refuses to be told that it is an error.
 */
export const requestInit: RequestInit = {
  credentials: 'omit',
  cache: 'no-store',
  referrerPolicy: 'no-referrer',
  redirect: 'manual',
}

/**
 * The failure of a request that brought no answer. Node tells more of it; browsers do not, also when the server does not
 * allow the page.
 */
export function networkFailure(error: unknown, url = ''): EvergrantError {
  const { cause } = Object(error) as { cause?: unknown }
  const { code } = Object(cause) as { code?: unknown }
  const why = typeof code === 'string' ? code : 'it is out of reach, or allows no page of this origin to ask (CORS)'
  const server = parseUrl(url)?.origin ?? 'the server'
  return new EvergrantError('unavailable', `no answer came from ${server}: ${why}`)
}

/** Settles as `work` does, or rejects with `unavailable` when the server takes too long. */
export function bounded<T>(work: Promise<T>): Promise<T> {
  return within(systemEnvironment, answerMs, work, unanswered)
}

/**
 * Refuses an endpoint that is not served over https, except on the loopback interface of this machine.
 *
 * @throws EvergrantError `misconfigured`
 */
export function assertSecure(name: string, endpoint: unknown): asserts endpoint is string {
  const url = typeof endpoint === 'string' ? parseUrl(endpoint) : undefined
  if (!url) throw new EvergrantError('misconfigured', `${name} must be an absolute URL`)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname))) return
  throw new EvergrantError('misconfigured', `${name} must use https; http is for localhost only`)
}

const loopback = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/

/** Whether two texts name one place, such as an issuer with and without the slash that people forget. */
export function isSameUrl(a: string, b: string): boolean {
  return a === b || (parseUrl(a)?.href ?? a) === parseUrl(b)?.href
}

/** The URL that `text` is, or `undefined` when it is none. */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}
