import { answerMs, sleep, type Environment } from './environment.js'
import { EvergrantError, isEvergrantError } from './errors.js'
import { isPassing } from './flight.js'
import type { Keeper } from './keeper.js'
import type { Lifetime } from './lifetime.js'
import type { ManagerParts } from './parts.js'
import { isSameToken, tokenOf, type AccessToken, type LiveRecord } from './record.js'
import { requireLive } from './session.js'
import { kindOf } from './token-kind.js'
import { tokensOf, type AccessTokenOptions, type Tokens } from './token-manager.js'
import type { WaitingRoom } from './waiting-room.js'

/** A caller waits as long as a request may take: by then a fresh answer is there or a retry is due. */
export const callerMs: number = answerMs
const newEnoughMs = 5000
/** How often within one call a new token may be over before it can be used, as after a sleep, or a session be lost that begins by itself. */
const mostSpoiled = 2
const shortestPauseMs = 50

/** Gets the tokens that a call asks for: looks, renews and waits until there is one that will do. */
export async function getTokens(
  { environment, grant }: ManagerParts,
  keeper: Keeper,
  room: WaitingRoom,
  options: AccessTokenOptions,
): Promise<Tokens> {
  const kind = kindOf(options)
  const endsAt = environment.monotonic() + callerMs
  const wait = (work: Promise<void>): Promise<void> => room.wait(work, endsAt, options.signal)
  room.assertOpen(options.signal)
  let first: LiveRecord | undefined
  for (let loads = 0, spoiled = 0; ;) {
    // The store may lose what anybody may begin anew, or somebody have signed out.
    if (!keeper.isLoaded && (grant.startsSession || !first)) {
      if (loads++ > mostSpoiled) throw new EvergrantError('storage_failed', 'the store loses what is written to it')
      await wait(keeper.load())
    }
    const record = requireLive(keeper.session.record)
    first ??= record
    if (record.sessionId !== first.sessionId && !grant.startsSession)
      throw new EvergrantError('aborted', 'another session took its place')
    const lifetime = keeper.view.lifetimeOf(kind.key)
    const token = tokenOf(record, kind.key)
    const isNew = !isSameToken(token, tokenOf(first, kind.key))
    if (
      token &&
      lifetime &&
      lifetime.remaining() > 0 &&
      (isNew || willDo(token, lifetime, options, keeper.refusals, environment))
    ) {
      if (lifetime.untilDue() <= 0) keeper.renewBehind(record, kind)
      return tokensOf(record, token, lifetime.expiresAt)
    }
    if (token && isNew && ++spoiled > mostSpoiled)
      throw new EvergrantError('unavailable', 'the access tokens of this server end before they can be used')
    await wait(keeper.renew(record, kind, options.rejected)).catch((error: unknown) => {
      // What fails for now is tried again when that makes sense, if the caller has the time.
      if (!isEvergrantError(error) || !isPassing(error) || error.retryAt === undefined) throw error
      const pauseMs = Math.max(shortestPauseMs, error.retryAt - environment.now())
      if (environment.monotonic() + pauseMs >= endsAt) throw error
      return wait(sleep(environment, pauseMs))
    })
  }
}

/** Whether a token that was there when the call began is what it wants. */
function willDo(
  { token, lifetimeMs = 0, obtainedAt }: AccessToken,
  lifetime: Lifetime,
  { minValiditySeconds = 0, forceRenew = false, rejected }: AccessTokenOptions,
  refusals: number,
  { now }: Environment,
): boolean {
  const wanted = minValiditySeconds * 1000
  // Where no token of this server lives that long, renewing would not help.
  const isShort = lifetime.remaining() < wanted && wanted + newEnoughMs < lifetimeMs
  const isRejected = token === rejected
  const age = now() - obtainedAt
  // After n refused renewals in a row a token counts as new for 5 s * (2^n - 1), so that an API which refuses every
  // token does not cause a renewal per call; for five minutes at most, as others may renew meanwhile.
  const isNew = age >= 0 && age < newEnoughMs * (isRejected ? 2 ** Math.min(refusals, 6) - 1 : 1)
  return isNew || !(forceRenew || isRejected || isShort)
}
