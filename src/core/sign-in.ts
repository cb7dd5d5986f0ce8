import { EvergrantError } from './errors.js'
import type { IdTokenCheck } from './grant.js'
import { recordFormat, type LiveRecord, type SignedOutRecord, type StoredRecord } from './record.js'
import { readTokenResponse, type TokenResponse } from './token-response.js'

/**
 * The first record of a session, made from the token response of any flow.
 *
 * @param at when the response was received, in milliseconds since 1970
 * @param requestedScope counts as granted when the response does not say otherwise (RFC 6749 section 5.1)
 */
export function firstRecord(
  response: TokenResponse,
  sessionId: string,
  at: number,
  requestedScope: string | undefined,
  checkIdToken: IdTokenCheck,
): LiveRecord {
  if (typeof response !== 'object' || response === null) throw nonsense('it is no object')
  const { accessToken, refreshToken, scope, idToken, extra } = readTokenResponse(response, at)
  if (!accessToken && !refreshToken) {
    throw nonsense('it holds neither a refresh_token nor an access_token of type Bearer or DPoP')
  }
  const verdict = idToken ? checkIdToken(idToken, undefined, at) : undefined
  if (verdict?.problem !== undefined) throw nonsense(`its id_token does not fit: ${verdict.problem}`)
  return {
    format: recordFormat,
    state: 'live',
    sessionId,
    generation: 0,
    refreshToken,
    accessTokens: accessToken ? { '': accessToken } : {},
    scope: scope ?? requestedScope,
    idToken,
    identity: verdict?.identity,
    extra,
  }
}

/** What stays of a session that is signed out: its name, so that late answers know. */
export function tombstoneOf(record: StoredRecord, at: number): SignedOutRecord {
  const { sessionId, generation } = record.state === 'unreadable' ? { sessionId: '', generation: 0 } : record
  return { format: recordFormat, state: 'signed_out', sessionId, generation, at }
}

/** What becomes of `stored` when the session of `tombstone` is signed out; another session is left alone. */
export function successorTombstone(
  stored: StoredRecord | undefined,
  tombstone: SignedOutRecord,
): SignedOutRecord | undefined {
  if (!stored || stored.state === 'signed_out') return undefined
  const successor = tombstoneOf(stored, tombstone.at)
  return successor.sessionId === tombstone.sessionId ? successor : undefined
}

function nonsense(why: string): EvergrantError {
  return new EvergrantError('misconfigured', `setTokens() needs the token response of an OAuth server, but ${why}`)
}
