import type { OAuthClient } from './client.js'
import { answerMs, within, type Environment } from './environment.js'
import { EvergrantError, isEvergrantError, nameOf, unanswered } from './errors.js'
import type { Grant, Granted, IdTokenCheck } from './grant.js'
import type { Lock } from './lock.js'
import { believeRefusal, install, settle } from './outcome.js'
import { intentOf, lineageOf, type LiveRecord } from './record.js'
import type { Session } from './session.js'
import { Turn, type Need, type Rival } from './turn.js'
import type { View } from './view.js'

/** What a renewal works with. */
export interface RenewalParts {
  readonly session: Session
  readonly environment: Environment
  readonly lock: Lock
  readonly client: OAuthClient
  readonly grant: Grant
  readonly checkIdToken: IdTokenCheck
  /** Those who renew the same session. */
  readonly rival: Rival
  /** Is told what callers do not see otherwise. As the lock is held, it only takes notes. */
  readonly view: Pick<View, 'report' | 'journal' | 'renewedHere'>
  /** Is given tokens that came too late for their session. */
  discard(late: LiveRecord): void
}

/** An answer that brought tokens. */
export interface Answer {
  readonly granted: Granted
  /** When the request left, in milliseconds since 1970. */
  readonly sentAt: number
}

/** A request that brought none. Only if it never left is its refresh token certainly not spent. */
export interface NoAnswer {
  readonly failure: EvergrantError
  readonly isSent: boolean
}

/**
 * Renews a session: afterwards its record meets `need`, by one request of this holder or of another, or this rejects and
 * says why. The order of the steps is what keeps the session alive; `docs/ARCHITECTURE.md` gives the reasons.
 */
export function renew(parts: RenewalParts, need: Need): Promise<void> {
  const { session, lock, rival } = parts
  return lock(session.key, async () => {
    let turn: Turn | undefined
    try {
      turn = await Turn.take(parts, need)
      if (!turn) return
      const answer = await spend(parts, turn)
      if ('granted' in answer) await install(parts, turn, answer)
      else if (isDefinite(answer.failure)) await believeRefusal(parts, turn)
      else await settle(parts, turn, answer)
    } catch (error) {
      // A failure says nothing of what has taken the place of its record meanwhile: whoever waits looks at that.
      const { record } = session
      const hasMovedOn = record?.state !== 'ended' && lineageOf(record) !== lineageOf(turn?.record ?? need.previous)
      // An answer without an access token moves it on too, and leaves it to this holder to ask again.
      const isMoot = hasMovedOn && intentOf(record)?.owner !== rival.owner
      if (!isMoot || !isEvergrantError(error)) throw error
    } finally {
      turn?.end()
    }
  })
}

/** Makes the one request of a turn. A request that left is never aborted: a late answer is installed all the same. */
async function spend(parts: RenewalParts, turn: Turn): Promise<Answer | NoAnswer> {
  const { environment, client, grant } = parts
  const { refreshToken, scope, proofKey } = turn.record
  const { kind } = turn.need
  let sentAt = environment.now()
  let isSent = false
  let isLate = false
  const sending = (): (() => void) => {
    if (isLate) throw unanswered()
    turn.assertOurs()
    sentAt = environment.now()
    isSent = true
    return () => (isSent = false)
  }
  const { now } = environment
  const request = Promise.resolve({ refreshToken, scope, kind, proofKey, client, now, sending })
    .then(grant)
    .then(assertGranted)
  const installIfLate = async (granted: Granted): Promise<void> => {
    if (isLate) await install(parts, turn, { granted, sentAt })
  }
  request.then(installIfLate).catch(() => undefined)
  try {
    return { granted: await within(environment, answerMs, request, unanswered), sentAt }
  } catch (error) {
    isLate = true
    const foreign = `the grant failed: ${nameOf(error)}`
    return { failure: isEvergrantError(error) ? error : new EvergrantError('unavailable', foreign), isSent }
  }
}

/** A grant of somebody else's making may return anything. */
function assertGranted(granted: Granted): Granted {
  if (Object(granted?.response) === granted?.response) return granted
  throw new EvergrantError('unavailable', 'the grant returned no token response')
}

/** Only the server's clear word ends a session. Everything else may be a temporary failure, whatever it looks like. */
function isDefinite({ code, error }: EvergrantError): boolean {
  return code === 'login_required' && error === 'invalid_grant'
}
