import type { FleetResult } from './fleet.js'

/**
 * What of a run is not as promised. Without kills every request is accounted for and no call fails; with them a call may
 * find that those who renew die one after the other, and has to be made again.
 */
export function findFaults(result: FleetResult, expected: { expiries: number; isKilling: boolean }): string[] {
  const { expiries, tokenRequests, outcomes, early, expiredServed, failures, isLost } = result
  const failed = Object.keys(failures).filter((failure) => !expected.isKilling || !failure.startsWith('unavailable'))
  const checks: [string, boolean][] = [
    ['the session was lost', isLost],
    [`only ${expiries} tokens were outlived in the time given`, expiries < expected.expiries],
    [`${expiredServed} expired tokens were served`, expiredServed > 0],
    [
      `refresh tokens were refused: ${JSON.stringify(outcomes)}`,
      Boolean(outcomes.reuse || outcomes.dead || outcomes.unknown),
    ],
    [`calls failed: ${failed.join('; ')}`, failed.length > 0],
    [`${tokenRequests} requests for ${expiries} expiries`, !expected.isKilling && tokenRequests !== expiries],
    [`${early} requests came before their token was due`, !expected.isKilling && early > 0],
  ]
  return checks.filter(([, isFault]) => isFault).map(([fault]) => fault)
}
