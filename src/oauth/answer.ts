import { EvergrantError, type ErrorCode } from '../core/errors.js'
import type { Granted } from '../core/grant.js'
import type { TokenResponse } from '../core/token-response.js'
import { networkFailure } from './http.js'

/** By `error`, RFC 6749 section 5.2 and its extensions; what else a server may say comes down to its status. */
const codes: Readonly<Record<string, ErrorCode>> = {
  temporarily_unavailable: 'unavailable',
  server_error: 'unavailable',
  invalid_grant: 'login_required',
  interaction_required: 'login_required',
  login_required: 'login_required',
  consent_required: 'login_required',
  mfa_required: 'login_required',
  access_denied: 'denied',
}

/**
 * Reads the answer to a token request (RFC 6749 section 5). An answer with tokens in it is taken for what it is, however
 * odd the rest; the tokens may exist nowhere else.
 *
 * @param now milliseconds since 1970
 * @throws EvergrantError judged by status first, then by `error`, and never by any text meant for people
 */
export async function readAnswer(response: Response, now: number, secret: string): Promise<Granted> {
  const { status, headers } = response
  const text = await response.text().catch((error: unknown) => {
    throw networkFailure(error)
  })
  const body = parseObject(text)
  const date = Date.parse(headers.get('date') ?? '')
  const serverTime = Number.isNaN(date) ? undefined : date
  if (response.ok && (isText(body?.access_token) || isText(body?.refresh_token))) {
    return { response: body as TokenResponse, serverTime }
  }
  const error = isText(body?.error) ? body.error : challengeError(status, headers)
  throw new EvergrantError(judge(status, error), `the server answered with status ${status}`, {
    status,
    error: error !== secret && plainCode.test(error ?? '') ? error : clean(error, secret),
    errorDescription: clean(body?.error_description, secret),
    errorUri: clean(body?.error_uri, secret),
    retryAt: retryTime(headers, serverTime ?? now, now),
  })
}

function judge(status: number, error: string | undefined): ErrorCode {
  const isAboutNow = [408, 425, 429].includes(status) || status >= 500
  const isRedirect = status >= 300 && status < 400
  if (isAboutNow || isRedirect || (status < 300 && error === undefined)) return 'unavailable'
  return codes[error ?? ''] ?? 'misconfigured'
}

/** When the server wants to be asked again: `Retry-After` (RFC 9110 section 10.2.3), or the end of a rate window. */
function retryTime(headers: Headers, serverNow: number, now: number): number | undefined {
  const after = headers.get('retry-after')
  if (after !== null) {
    const seconds = Number(after)
    const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(after) - serverNow
    if (ms >= 0) return now + ms
  }
  const reset = Number(headers.get('x-rate-limit-reset') ?? NaN)
  return reset * 1000 > serverNow ? now + reset * 1000 - serverNow : undefined
}

/** The `error` of a challenge, where servers put it instead of the body (RFC 6750 section 3). */
function challengeError(status: number, headers: Headers): string | undefined {
  const challenge = status < 400 ? '' : (headers.get('www-authenticate') ?? '')
  return /(?:^|[\s,])error\s*=\s*"?([\w.:/-]+)/i.exec(challenge)?.[1]
}

const longestDetail = 300
const plainCode = /^[a-z_]{1,60}$/
const opaque = /(?=[\w.~+/=-]*\d)[\w.~+/=-]{20,}/g

/** Takes out of a server's words what may be a token: the one that was sent, and whatever looks like one. */
function clean(text: unknown, secret: string): string | undefined {
  return isText(text) ? text.replaceAll(secret, '[secret]').replace(opaque, '[...]').slice(0, longestDetail) : undefined
}

/** The parser's own error would quote the text; it is dropped. */
function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
