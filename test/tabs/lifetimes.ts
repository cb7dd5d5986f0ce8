import { until } from '../browser/manager-server.js'
import { faultsOf, onStage, Stage, type CaseOptions, type CaseResult } from './stage.js'

/** How these tokens live. */
export interface LifetimesOptions extends CaseOptions {
  readonly accessTokenSeconds?: number
}

const askMs = 150
const latency = { type: 'delay', requestMs: 30, responseMs: 30 } as const
/** How much longer one request may be on its way than the next: server and tabs share a few processors. */
const arrivalToleranceMs = 500

/** Twenty tabs use one session under strict rotation, for so many lifetimes of an access token. */
export function lifetimes(options: LifetimesOptions): Promise<CaseResult> {
  const { rounds, tabs = 20, accessTokenSeconds = 8, log } = options
  const server = { rotation: 'strict', accessTokenSeconds, fault: () => latency } as const
  return onStage(Stage.open(options, server, `ask=${askMs}`), async (stage) => {
    const { witness } = stage
    await stage.openSignedIn(tabs)
    const longestSeconds = 30 + rounds * accessTokenSeconds * 1.5
    let told = 0
    await until(() => {
      const count = witness.server.redemptions.length
      if (count >= told + 10) log?.(`${(told = count)} lifetimes, ${witness.tally.calls} calls`)
      return count >= rounds || witness.tally.ended > 0
    }, longestSeconds).catch(() => undefined)
    const stuck = await stage.finish()
    return judge(stage, accessTokenSeconds, stuck)
  })
}

function judge({ witness, options }: Stage, accessTokenSeconds: number, stuck: readonly string[]): CaseResult {
  const { tally, server, tokenRequests, expiredServed, refused } = witness
  const lifetimes = server.redemptions.filter(({ outcome }) => outcome === 'accepted').length
  // A token is due when a quarter of its life is left, or a little earlier to spread the load: see `countLifetime`.
  const soonestMs = accessTokenSeconds * 1000 * (1 - 0.25 * 1.2) - arrivalToleranceMs
  const gaps = tokenRequests.slice(1).map(({ at }, index) => at - (tokenRequests[index]?.at ?? 0))
  const early = gaps.filter((gap) => gap < soonestMs).length
  const isLost = tally.ended > 0 || server.redemptions.some(({ outcome }) => outcome !== 'accepted')
  const figures = {
    lifetimes,
    requests: tokenRequests.length,
    requestsPerLifetime: tokenRequests.length / lifetimes,
    early,
    calls: tally.calls,
    apiCalls: tally.api,
    failed: tally.failuresByCode,
    expiredServed,
    refusedByApi: refused,
    longestWaitMs: tally.longestWaitMs,
    isAlive: !isLost,
  }
  const faults = faultsOf(
    ['the session was lost', isLost],
    [`only ${lifetimes} lifetimes in the time given`, lifetimes < options.rounds],
    [`${tokenRequests.length} requests for ${lifetimes} lifetimes`, tokenRequests.length !== lifetimes],
    [`${early} requests came before their token was due`, early > 0],
    [`calls failed: ${JSON.stringify(figures.failed)}`, tally.failures.length > 0],
    [`calls to the API failed: ${JSON.stringify(tally.api)}`, tally.apiFailures > 0],
    [`${expiredServed} expired tokens were served, ${refused} sent`, expiredServed + refused > 0],
    [`calls of ${stuck.join()} never end`, stuck.length > 0],
  )
  return { figures, faults }
}
