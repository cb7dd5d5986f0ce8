import { retryDelay } from './backoff.js'
import type { Environment } from './environment.js'
import { EvergrantError } from './errors.js'
import {
  defaultTokenKey,
  endOf,
  lineageOf,
  recordFormat,
  type AccessToken,
  type EndReason,
  type Intent,
  type LiveRecord,
  type Pause,
  type SessionRecord,
} from './record.js'
import { isPassing } from './flight.js'
import type { Answer, NoAnswer, RenewalParts } from './renewal.js'
import { requireLive } from './session.js'
import { readTokenResponse, type ReadResponse } from './token-response.js'
import type { Turn } from './turn.js'

/** How long another holder may take to store an answer it has, before a refusal is believed. */
const secondLookMs = 10_000
/** How late the network may still deliver a request that its sender has given up. */
const spacingMs = 60_000

/**
 * Puts an answer in the place of the tokens it was asked with, in one write. From its first line on the new refresh
 * token is in memory, and nothing that fails later gives it up.
 */
export async function install(parts: RenewalParts, turn: Turn, received: Answer): Promise<void> {
  const { granted, sentAt } = received
  const answer = withoutUnbound(parts, turn, readTokenResponse(granted.response, sentAt))
  if (!answer.accessToken && !answer.refreshToken) return settle(parts, turn, { failure: noToken(), isSent: true })
  const pause = answer.accessToken ? undefined : nextPause(parts.environment, turn.intent.attempt, false)
  const next = successor(turn, turn.record, answer, sentAt, pause)
  takeNotes(parts, turn, next, received, answer.refreshToken)
  parts.view.report(granted.problem)
  const serverNow = granted.serverTime ?? parts.environment.now()
  const verdict = answer.idToken ? parts.checkIdToken(answer.idToken, next.identity, serverNow) : undefined
  if (verdict?.problem !== undefined) {
    parts.view.report(new EvergrantError('denied', `the ID token was refused: ${verdict.problem}`))
    if (verdict.someoneElse) return end(parts, turn, 'someone_else')
  }
  const idToken = verdict?.identity && { idToken: answer.idToken, identity: next.identity ?? verdict.identity }
  const record = { ...next, ...idToken }
  const spacing = { from: parts.environment.now(), ms: spacingMs }
  await put(parts, turn, (stored) => ({
    // A token that was revoked meanwhile is in it no more.
    ...successor(turn, stored, answer, sentAt, pause),
    ...idToken,
    // A request that was given up, or that somebody else has sent since, may still be on its way.
    ...((turn.intent.inDoubt || !turn.isMarkedIn(stored)) && { spacing }),
  }))
  if (lineageOf(parts.session.record) !== lineageOf(record)) parts.discard(record)
  if (pause) throw noToken().until(endOf(pause))
}

/** An access token that is not bound to the key of the session is not used (RFC 9449 section 5); what came with it is. */
function withoutUnbound({ client }: RenewalParts, { record }: Turn, answer: ReadResponse): ReadResponse {
  const isFine = !record.proofKey || client.prover?.allowsBearer || answer.accessToken?.type === 'DPoP'
  return isFine ? answer : { ...answer, accessToken: undefined }
}

/** Keeps the session after a request without a usable answer, and tells everybody when to try again. */
export async function settle(parts: RenewalParts, turn: Turn, { failure, isSent }: NoAnswer): Promise<never> {
  const { inDoubt } = turn.intent
  // That a turn was lost before its request left says nothing of the server: nobody else need wait for it.
  if (!isSent && !turn.isOurs()) throw failure
  // What is refused is one kind of token, so that those of the others need not wait.
  const isOfItsKind = turn.need.kind.key !== defaultTokenKey && !isPassing(failure)
  const isForNothing = !isSent && failure.code === 'login_required'
  // Nothing was spent, and waiting would not help: whoever comes next is told at once.
  if (!inDoubt && (isForNothing || (isOfItsKind && !isUnclear(failure)))) return leave(parts, turn, failure)
  const attempt = isSent && !inDoubt ? 1 : turn.intent.attempt
  const pause = isOfItsKind
    ? { from: parts.environment.now(), ms: 0 }
    : nextPause(parts.environment, attempt, isSent && isUnclear(failure), failure.retryAt)
  return leave(parts, turn, failure, { attempt, inDoubt: inDoubt || isSent, pause })
}

/**
 * Ends the session, unless the refresh token was in doubt: the holder of an earlier attempt may have the next one in its hands and
 * be slow to store it. Whoever comes after the pause, in whichever process, asks once more.
 */
export async function believeRefusal(parts: RenewalParts, turn: Turn): Promise<void> {
  if (!turn.intent.inDoubt) return end(parts, turn, 'expired_or_revoked')
  if (turn.intent.isRefused) return end(parts, turn, 'lost_in_flight')
  const pause = { from: parts.environment.now(), ms: secondLookMs }
  const failure = new EvergrantError('unavailable', 'the server refused a refresh token that may have been spent')
  return leave(parts, turn, failure, { isRefused: true, pause })
}

/**
 * Gives up a turn, for good or for a `pause` with what is known by then. If the store fails, the intent just stands still until
 * its lease is over.
 */
async function leave(
  { session }: RenewalParts,
  turn: Turn,
  failure: EvergrantError,
  known?: Partial<Intent> & { readonly pause: Pause },
): Promise<never> {
  const intent = known && { ...turn.intent, ...known }
  await session.update((stored) => (turn.isMarkedIn(stored) ? { ...stored, intent } : undefined)).catch(() => undefined)
  throw known ? failure.until(endOf(known.pause)) : failure
}

/** Whether the request may have been acted upon: a refusal says no, though not for sure; silence and crashes do not. */
export function isUnclear({ status }: EvergrantError): boolean {
  return status === undefined || status < 400 || (status >= 500 && status !== 503)
}

/**
 * Ends the generation a turn was taken for, and no other: when the record has moved on meanwhile, that is the session
 * and the refusal was of an old token.
 */
async function end(parts: RenewalParts, turn: Turn, reason: EndReason): Promise<void> {
  const { sessionId, generation } = turn.record
  const at = parts.environment.now()
  const ended: SessionRecord = { format: recordFormat, state: 'ended', sessionId, generation, reason, at }
  // Who has taken over meanwhile may have been given the next tokens, and judges by what the server tells them.
  const isOurs = (stored: LiveRecord): boolean => reason === 'someone_else' || turn.isMarkedIn(stored)
  await put(parts, turn, (stored) => (isOurs(stored) ? ended : undefined))
  requireLive(parts.session.record)
}

/** `record` with the tokens of `answer` in it. What the answer leaves out stays as it is (RFC 6749 section 6). */
function successor(
  { intent, need }: Turn,
  record: LiveRecord,
  answer: ReadResponse,
  sentAt: number,
  pause: Pause | undefined,
): LiveRecord {
  const { key } = need.kind
  return {
    ...record,
    generation: record.generation + 1,
    refreshToken: answer.refreshToken ?? record.refreshToken,
    // What was said of an earlier refresh token says nothing of its successor.
    lasting: answer.lasting ?? (answer.refreshToken ? undefined : record.lasting),
    accessTokens: answer.accessToken
      ? { ...usableTokens(record, sentAt), [key]: answer.accessToken }
      : record.accessTokens,
    // An answer about another kind of token says nothing of the session as a whole.
    ...(key === defaultTokenKey && { scope: record.scope ?? answer.scope, extra: answer.extra }),
    intent: pause && { ...intent, inDoubt: false, isRefused: undefined, pause },
  }
}

/** Kinds that nobody asks for any more are not kept for ever. */
function usableTokens({ accessTokens }: LiveRecord, now: number): LiveRecord['accessTokens'] {
  const isUsable = ([key, { obtainedAt, lifetimeMs = Infinity }]: [string, AccessToken]): boolean =>
    key === defaultTokenKey || obtainedAt + lifetimeMs > now
  return Object.fromEntries(Object.entries(accessTokens).filter(isUsable))
}

function nextPause(environment: Environment, attempt: number, isUnanswered: boolean, retryAt?: number): Pause {
  const from = environment.now()
  return { from, ms: retryDelay(attempt, isUnanswered, (retryAt ?? from) - from, environment.random()) }
}

/** Notes what the answer tells of the server. */
function takeNotes(
  { view, environment }: RenewalParts,
  turn: Turn,
  next: LiveRecord,
  { granted, sentAt }: Answer,
  received: string | undefined,
): void {
  const { journal } = view
  const isSame = received === turn.record.refreshToken
  view.renewedHere = lineageOf(next)
  journal.server = {
    refreshToken: received === undefined ? 'omitted' : isSame ? 'same' : 'rotated',
    acceptedRetry: journal.server.acceptedRetry || turn.intent.inDoubt,
  }
  if (granted.serverTime === undefined) return
  journal.serverClockOffsetMs = granted.serverTime - (sentAt + environment.now()) / 2
}

/** Writes the successor of the generation a turn was taken for, unless the record has moved on. */
async function put(
  parts: RenewalParts,
  turn: Turn,
  nextOf: (stored: LiveRecord) => SessionRecord | undefined,
): Promise<void> {
  parts.view.report(await parts.session.put((stored) => (turn.isFor(stored) ? nextOf(stored) : undefined)))
}

function noToken(): EvergrantError {
  return new EvergrantError('unavailable', 'the server answered without an access token of the type that is expected')
}
