import type { Environment } from './environment.js'
import { EvergrantError } from './errors.js'
import type { TokenEvent } from './events.js'
import type { IdTokenCheck } from './grant.js'
import type { ProofKey, Prover } from './proof.js'
import {
  defaultTokenKey,
  isReadable,
  recordFormat,
  type LiveRecord,
  type SignedOutRecord,
  type StoredRecord,
} from './record.js'
import type { Change, Session } from './session.js'
import { readTokenResponse, type TokenResponse } from './token-response.js'

/**
 * What the token response of any flow brings to the first record of a session.
 *
 * @param receivedAt when the response was received, in milliseconds since 1970
 * @param requestedScope counts as granted when the response does not say otherwise (RFC 6749 section 5.1)
 */
export function readSignIn(
  response: TokenResponse,
  receivedAt: number,
  requestedScope: string | undefined,
  checkIdToken: IdTokenCheck,
): Omit<LiveRecord, 'sessionId' | 'at' | 'proofKey'> {
  if (!Number.isFinite(receivedAt)) throw nonsense('receivedAt is no time')
  const { accessToken, ...content } = readTokenResponse(Object(response) as TokenResponse, receivedAt)
  if (!accessToken && !content.refreshToken) {
    throw nonsense('it holds neither a refresh_token nor an access_token of type Bearer or DPoP')
  }
  const verdict = content.idToken ? checkIdToken(content.idToken, undefined, receivedAt) : undefined
  if (verdict?.problem !== undefined) throw nonsense(`its id_token does not fit: ${verdict.problem}`)
  return {
    ...content,
    format: recordFormat,
    state: 'live',
    generation: 0,
    accessTokens: accessToken ? { [defaultTokenKey]: accessToken } : {},
    scope: content.scope ?? requestedScope,
    identity: verdict?.identity,
  }
}

/**
 * Where sessions are bound to keys, an access token has to be bound too, and to the key that is given
 * (RFC 9449 section 5).
 */
export function assertBound(
  record: Pick<LiveRecord, 'accessTokens'>,
  prover: Prover | undefined,
  proofKey: ProofKey | undefined,
): void {
  const type = record.accessTokens[defaultTokenKey]?.type
  if (!prover || !type) return
  if (type === 'DPoP' && !proofKey) throw nonsense('its access_token needs the proofKey that it is bound to')
  if (type !== 'DPoP' && !prover.allowsBearer)
    throw nonsense('its access_token is not bound to a key; is DPoP on for this client?')
}

/** What stays of a session that is signed out: its name, so that late answers know. */
export function tombstoneOf(record: StoredRecord | undefined, at: number): SignedOutRecord {
  const { sessionId, generation } = isReadable(record) ? record : { sessionId: '', generation: 0 }
  return { format: recordFormat, state: 'signed_out', sessionId, generation, at }
}

/** When a sign-in or sign-out is: now, but after what is there, also when the clock was set back since. */
export function timeAfter(record: StoredRecord | undefined, now: number): number {
  return isReadable(record) ? Math.max(now, record.at + 1) : now
}

/** Begins a session that nobody has to sign in for, without a token yet, unless one is there. */
export function begin({ now, uniqueId }: Environment, of: Pick<LiveRecord, 'scope' | 'proofKey'>): Change {
  const base = { format: recordFormat, state: 'live', generation: 0, accessTokens: {}, ...of } as const
  return (stored) =>
    stored?.state === 'live' ? undefined : { ...base, sessionId: uniqueId(), at: timeAfter(stored, now()) }
}

/** Is shown what a sign-in or sign-out takes the place of. */
export type Note = (replaced: StoredRecord | undefined) => void

/** Which sessions are over, although the store may not know that yet: all up to a sign-out here, and the one that has ended here. */
export function overBy({ record, isHeld }: Session): (stored: LiveRecord) => boolean {
  return ({ sessionId, generation, at }) => {
    if (!isHeld || !isReadable(record)) return false
    if (record.state === 'ended') return record.sessionId === sessionId && record.generation === generation
    return at <= record.at
  }
}

/** A sign-in takes the place of whatever is there, but of no session unless it `isOver`. */
export function signIn(
  record: LiveRecord,
  now: () => number,
  note: Note,
  isOver: (stored: LiveRecord) => boolean,
): Change {
  return unlessOverruled(record.at, now, (stored) => {
    if (isReadable(stored) && stored.sessionId === record.sessionId) return undefined
    if (stored?.state === 'live' && !isOver(stored)) return undefined
    note(stored)
    return record
  })
}

/**
 * A sign-out ends whatever is there. A session that is untaken, as the store has failed, it may still take: a write that was given
 * up may arrive late, unless the tombstone is there first.
 */
export function signOut(tombstone: SignedOutRecord, now: () => number, note: Note, isUntaken: boolean): Change {
  return unlessOverruled(tombstone.at, now, (stored) => {
    if (!stored || stored.state === 'signed_out') {
      return isUntaken && stored?.sessionId !== tombstone.sessionId ? tombstone : undefined
    }
    note(stored)
    return tombstoneOf(stored, tombstone.at)
  })
}

/**
 * A change may come late, because the store failed: then what somebody has decided since `at` stands. That a session has
 * ended is nobody's decision. A decision from the future comes from a clock that was set back since, and does not count.
 */
function unlessOverruled(at: number, now: () => number, change: Change): Change {
  const isDecision = (stored: StoredRecord | undefined): boolean =>
    isReadable(stored) && stored.state !== 'ended' && stored.at > at && stored.at <= now()
  return (stored) => (isDecision(stored) ? undefined : change(stored))
}

function nonsense(why: string): EvergrantError {
  return new EvergrantError('misconfigured', `setTokens() needs the token response of an OAuth server, but ${why}`)
}

/** What to tell when a sign-in that asked for it brought no refresh token. */
export const noRefreshToken: TokenEvent = {
  type: 'warning',
  warning: 'no_refresh_token',
  message:
    'offline_access was asked for, but no refresh token came: allow the client the refresh token grant, and the user ' +
    "that scope; some servers also want prompt: 'consent'",
}
