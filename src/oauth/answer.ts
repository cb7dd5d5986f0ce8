import { readChallenges } from '../core/challenge.js'
import type { AnswerMapping, MapAnswer } from '../core/client.js'
import { EvergrantError, nameOf, type ErrorCode } from '../core/errors.js'
import type { Granted } from '../core/grant.js'
import { isObject, textIn } from '../core/shape.js'
import type { TokenResponse } from '../core/token-response.js'
import { networkFailure } from './http.js'

/** By `error`, RFC 6749 section 5.2 and its extensions; whatever else a server says is about this client's setup. */
const codes: ReadonlyMap<unknown, ErrorCode> = new Map([
  ['temporarily_unavailable', 'unavailable'],
  ['server_error', 'unavailable'],
  ['invalid_grant', 'login_required'],
  ['interaction_required', 'login_required'],
  ['login_required', 'login_required'],
  ['consent_required', 'login_required'],
  ['account_selection_required', 'login_required'],
  ['mfa_required', 'login_required'],
  ['access_denied', 'denied'],
  // What Microsoft says in its place on devices.
  ['authorization_declined', 'denied'],
])

/** What the `error` of a server says; what is not known is about this client's setup. */
export function codeOf(error: unknown): ErrorCode {
  return codes.get(error) ?? 'misconfigured'
}

/**
 * Reads the answer to a token request (RFC 6749 section 5). An answer with tokens in it is taken for what it is, however
 * odd the rest; the tokens may exist nowhere else.
 *
 * @param mapping how this server is understood
 * @param now milliseconds since 1970
 * @param secret the token that was sent, if any, which must not come back in an error
 * @throws EvergrantError judged by status first, then by `error`, and never by any text meant for people
 */
export async function readAnswer(
  { mapResponse, mapError }: AnswerMapping,
  response: Response,
  now: number,
  secret?: string,
): Promise<Granted> {
  const body = parseObject(await readText(response))
  let problem: EvergrantError | undefined
  const onFailure = (failure: EvergrantError): void => void (problem = failure)
  if (response.ok) {
    const answer: TokenResponse = understand(mapResponse, body, response, onFailure)
    if (hasTokens(answer)) return { response: answer, serverTime: timeOf(response), problem }
  }
  const refusal = understand(mapError, body, response, onFailure)
  throw problem ?? failureOf(response, refusal, now, secret)
}

/** Only what JSON can hold is laid over: stores can hold nothing else. A mapping that throws changes nothing. */
function understand(
  map: MapAnswer | undefined,
  body: JsonObject | undefined,
  { status }: Response,
  onFailure?: (failure: EvergrantError) => void,
): JsonObject {
  let mapped: JsonObject | undefined
  try {
    mapped = map && parseObject(JSON.stringify(map({ ...body }, status)))
  } catch (error) {
    onFailure?.(new EvergrantError('misconfigured', `${map?.name}() failed: ${nameOf(error)}`))
  }
  return { ...body, ...mapped }
}

function hasTokens({ access_token, refresh_token }: TokenResponse): boolean {
  return Boolean(textIn(access_token) ?? textIn(refresh_token))
}

/**
 * Reads the answer to a request that brings no tokens, such as a pushed authorization request. Some servers refuse with
 * status 200, so only what it has to hold tells that it is no refusal.
 *
 * @param names members that must be there, as texts
 * @throws EvergrantError as {@link readAnswer} does
 */
export async function readMembers<N extends string>(
  response: Response,
  now: number,
  ...names: readonly N[]
): Promise<JsonObject & Readonly<Record<N, string>>> {
  const body = parseObject(await readText(response))
  if (!response.ok || !names.every((name) => textIn(body?.[name]))) throw failureOf(response, body, now)
  return body as JsonObject & Record<N, string>
}

/**
 * Reads the answer to a request that brings nothing, such as a revocation. A page to look at comes from something on the
 * way, such as the portal of a hotel.
 *
 * @throws EvergrantError as {@link readAnswer} does, for every answer that is no success
 */
export async function readSuccess(response: Response, now: number, secret?: string): Promise<void> {
  const text = await readText(response)
  if (!response.ok || text.trimStart().startsWith('<')) throw failureOf(response, parseObject(text), now, secret)
}

/**
 * What an answer that is no success says.
 *
 * @param secret the token that was sent, if any, which must not come back in an error
 */
export function failureOf(
  response: Response,
  body: JsonObject | undefined,
  now: number,
  secret?: string,
): EvergrantError {
  const { status, headers } = response
  const error = errorIn(response, body)
  const cleanError = codes.has(error) ? error : clean(error, secret)
  const message = `the server answered with status ${status}`
  return new EvergrantError(judge(status, error), cleanError ? `${message}, ${cleanError}` : message, {
    status,
    error: cleanError,
    errorDescription: clean(body?.error_description, secret),
    errorUri: clean(body?.error_uri, secret),
    retryAt: retryTime(status, headers, body?.interval, timeOf(response) ?? now, now),
  })
}

function judge(status: number, error: string | undefined): ErrorCode {
  const isAboutNow = [408, 425, 429].includes(status) || status >= 500
  const isRedirect = status >= 300 && status < 400
  if (isAboutNow || isRedirect || (status < 300 && error === undefined)) return 'unavailable'
  return codeOf(error)
}

/** The server's clock, in milliseconds since 1970. */
export function timeOf({ headers }: Response): number | undefined {
  const date = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(date) ? undefined : date
}

/**
 * When the server wants to be asked again: `Retry-After` (RFC 9110 section 10.2.3), the end of the rate window that is
 * used up, or the `interval` that GitHub sends to devices and mappings add. Okta tells of the window in every answer, so
 * only a 429 makes it matter.
 */
function retryTime(
  status: number,
  headers: Headers,
  interval: unknown,
  serverNow: number,
  now: number,
): number | undefined {
  const after = headers.get('retry-after') ?? ''
  const reset = status === 429 ? Number(headers.get('x-rate-limit-reset')) : 0
  const waits = [Number(after) * 1000, Date.parse(after) - serverNow, reset * 1000 - serverNow, Number(interval) * 1000]
  const wait = waits.find((ms) => ms > 0 && ms < Infinity)
  return wait && now + wait
}

/** The `error` of an answer, which can be read all the same afterwards. */
export async function peekError(response: Response): Promise<string | undefined> {
  return response.ok ? undefined : errorIn(response, parseObject(await readText(response.clone())))
}

/** What {@link readAnswer} will find to be the `error` of an answer, which can be read all the same afterwards. */
export async function peekRefusal(
  response: Response,
  { mapResponse, mapError }: AnswerMapping,
): Promise<string | undefined> {
  const body = parseObject(await readText(response.clone()))
  if (response.ok && hasTokens(understand(mapResponse, body, response))) return undefined
  return errorIn(response, understand(mapError, body, response))
}

/** Servers put it into the body, or into a challenge instead (RFC 6750 section 3). */
function errorIn({ status, headers }: Response, body: JsonObject | undefined): string | undefined {
  const challenges = status < 400 ? [] : readChallenges(headers.get('www-authenticate'))
  return textIn(body?.error) ?? challenges.map(({ parameters }) => parameters.get('error')).find(Boolean)
}

const longestDetail = 300
const longRun = /[\w~+=%!*$-]{16,}/g

/** Takes out of a server's words what may be a token: the one that was sent, and long runs with a digit in them. */
export function clean(text: unknown, secret?: string): string | undefined {
  const words = textIn(text)
  const safe = secret ? words?.replaceAll(secret, '[secret]') : words
  return safe?.replace(longRun, (run) => (/\d/.test(run) ? '[...]' : run)).slice(0, longestDetail)
}

/** What JSON text holds. */
export type JsonObject = Readonly<Record<string, unknown>>

/** @throws EvergrantError `unavailable` when the connection fails half-way */
export function readText(response: Response): Promise<string> {
  return response.text().catch((error: unknown) => {
    throw networkFailure(error)
  })
}

/** The parser's own error would quote the text; it is dropped. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}
