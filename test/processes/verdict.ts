import type { FleetResult } from './fleet.js'

/** What is asked of a run. */
export interface Expectation {
  readonly expiries: number
  /** Whether anything was done to the fleet. Then calls may have to be made again, and requests repeated. */
  readonly isTroubled: boolean
  /** Whether the server rotates strictly: then trouble may cost a session, if it comes between a request and its answer. */
  readonly isStrict: boolean
}

/** What of a run is not as promised. */
export function findFaults(result: FleetResult, { expiries: wanted, isTroubled, isStrict }: Expectation): string[] {
  const { expiries, tokenRequests, outcomes, early, expiredServed, failures, losses, isLost } = result
  const mayLose = isTroubled && isStrict
  // A call that began in a session that was lost may still wait when the campaign signs in anew.
  const excusesOfLoss = mayLose ? ['lost_in_flight', 'aborted: another session took its place'] : []
  const excuses = isTroubled ? ['unavailable', 'storage_failed', ...excusesOfLoss] : []
  const failed = Object.keys(failures).filter((failure) => !excuses.some((excuse) => failure.startsWith(excuse)))
  const lost = Object.keys(losses).filter((reason) => !mayLose || reason !== 'lost_in_flight')
  const isRefused = Boolean(outcomes.reuse || outcomes.dead || outcomes.unknown)
  const checks: [string, boolean][] = [
    ['the session was lost', isLost && !mayLose],
    [`sessions were lost: ${JSON.stringify(losses)}`, lost.length > 0],
    [`only ${expiries} tokens were outlived in the time given`, expiries < wanted],
    [`${expiredServed} expired tokens were served`, expiredServed > 0],
    [`refresh tokens were refused: ${JSON.stringify(outcomes)}`, isRefused && !mayLose],
    [`calls failed: ${failed.join('; ')}`, failed.length > 0],
    [`${tokenRequests} requests for ${expiries} expiries`, !isTroubled && tokenRequests !== expiries],
    [`${early} requests came before their token was due`, !isTroubled && early > 0],
  ]
  return checks.filter(([, isFault]) => isFault).map(([fault]) => fault)
}
