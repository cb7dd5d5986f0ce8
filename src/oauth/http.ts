import { EvergrantError } from '../core/errors.js'

/** What every request to an authorization server is made with: no cookies, no cache, no redirect that carries secrets on. */
export const requestInit: RequestInit = {
  credentials: 'omit',
  cache: 'no-store',
  referrerPolicy: 'no-referrer',
  redirect: 'error',
}

/** Errors of Node that come before any byte of a request has left. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_\w+)$/

/** Whether a failed `fetch` certainly sent nothing. A browser never tells. */
export function isNeverSent(error: unknown): boolean {
  return neverSent.test(codeOf(error))
}

/** The failure of a request that brought no answer. */
export function networkFailure(error: unknown): EvergrantError {
  return new EvergrantError(
    'unavailable',
    ['the server could not be reached', codeOf(error)].filter(Boolean).join(': '),
  )
}

function codeOf(error: unknown): string {
  const { cause } = Object(error) as { cause?: { code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : ''
}

/**
 * Refuses an endpoint that is not served over https, except on the loopback interface of this machine.
 *
 * @throws EvergrantError `misconfigured`
 */
export function assertSecure(name: string, endpoint: unknown): void {
  const url = typeof endpoint === 'string' ? parseUrl(endpoint) : undefined
  if (!url) throw new EvergrantError('misconfigured', `${name} must be an absolute URL`)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname))) return
  throw new EvergrantError('misconfigured', `${name} must use https; http is for localhost only`)
}

const loopback = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
