import { setTimeout as sleep } from 'node:timers/promises'
import { commonFaults } from '../../src/testing.js'
import { allowedWithin, failuresInSpiteOf, longestStepMs } from './budget.js'
import { faultsOf, onStage, Stage, type CaseOptions, type CaseResult } from './stage.js'

/** How long the outages are. */
export interface OutageOptions extends CaseOptions {
  readonly accessTokenSeconds?: number
}

/** One time that the server was down. */
interface Outage {
  readonly requests: number
  readonly allowed: number
  /** How long it took to have new tokens once the server was back, and how long it may take. */
  readonly healedMs: number
  readonly stepMs: number
}

const askMs = 100
/** How late timers and requests are on a machine that is shared. */
const toleranceMs = 2000

/** The token endpoint answers 503 for a whole lifetime, from the first renewal that fails; so many times. */
export function outage(options: OutageOptions): Promise<CaseResult> {
  const { accessTokenSeconds = 30, rounds, log } = options
  let isDown = false
  const fault = () => (isDown ? commonFaults.unavailable() : undefined)
  const server = { rotation: 'strict', accessTokenSeconds, fault } as const
  return onStage(Stage.open(options, server, `ask=${askMs}`), async (stage) => {
    const { witness } = stage
    await stage.openSignedIn(options.tabs ?? 6)
    const outages: Outage[] = []
    for (let round = 0; round < rounds; round++) {
      isDown = true
      const first = await witness.nextTokenRequest(2 * accessTokenSeconds * 1000)
      const startedAt = performance.now()
      await sleep(accessTokenSeconds * 1000)
      isDown = false
      const refused = witness.tokenRequests.filter(({ at, status }) => at >= first.at && status === 503)
      const [backAt, stepMs] = [performance.now(), longestStepMs(refused.length, false)]
      const isHealed = (): boolean => witness.tokenRequests.some(({ at, status }) => at > first.at && status === 200)
      while (!isHealed() && performance.now() - backAt < 2 * stepMs + toleranceMs) await sleep(20)
      const healedMs = isHealed() ? Math.round(performance.now() - backAt) : Infinity
      const allowed = allowedWithin(backAt - startedAt, false)
      outages.push({ requests: refused.length, allowed, healedMs, stepMs })
      log?.(`outage ${round + 1}: ${refused.length} of ${allowed} requests, healed in ${healedMs} ms`)
    }
    const stuck = await stage.finish()
    return judge(stage, outages, stuck)
  })
}

function judge({ witness }: Stage, outages: readonly Outage[], stuck: readonly string[]): CaseResult {
  const { tally, server, deliveries, expiredServed, refused } = witness
  const failures = failuresInSpiteOf(deliveries, tally.failures)
  const isLost = tally.ended > 0 || server.redemptions.some(({ outcome }) => outcome !== 'accepted')
  const figures = {
    outages,
    calls: tally.calls,
    failed: tally.failuresByCode,
    failedInSpiteOfAToken: failures.length,
    expiredServed,
    refusedByApi: refused,
    longestWaitMs: tally.longestWaitMs,
    isAlive: !isLost,
  }
  const slow = outages.filter(({ healedMs, stepMs }) => healedMs > stepMs + toleranceMs)
  const faults = faultsOf(
    ['the session was lost', isLost],
    ['more requests than the budget allows', outages.some(({ requests, allowed }) => requests > allowed)],
    [`${slow.length} outages were not healed within one step`, slow.length > 0],
    [`${failures.length} calls failed in spite of a valid token`, failures.length > 0],
    [`calls failed: ${JSON.stringify(figures.failed)}`, tally.failures.some(({ code }) => code !== 'unavailable')],
    [`${expiredServed} expired tokens were served, ${refused} sent`, expiredServed + refused > 0],
    [`calls of ${stuck.join()} never end`, stuck.length > 0],
  )
  return { figures, faults }
}
