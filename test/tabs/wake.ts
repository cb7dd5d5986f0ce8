import { setTimeout as sleep } from 'node:timers/promises'
import type { CampaignPage } from './page.js'
import { faultsOf, onStage, Stage, type CaseOptions, type CaseResult } from './stage.js'

declare const window: Window & CampaignPage

/** What came of one time that the machine woke up. */
interface Awakening {
  readonly requestsInTheFirstSecond: number
  readonly requests: number
  /** When the last of the tabs had a token. */
  readonly allServedMs: number
}

const sleepMs = 10 * 3_600_000
const accessTokenSeconds = 3600
/** All tabs have to be told before, one after the other. */
const noticePerTabMs = 500
const firstSecondMs = 1000
const longestMs = 15_000

/** A machine sleeps for ten hours, and then twenty tabs wake up in the same instant; so many times. */
export function wake(options: CaseOptions): Promise<CaseResult> {
  const latency = { type: 'delay', requestMs: 50, responseMs: 50 } as const
  const server = { rotation: 'strict', accessTokenSeconds, fault: () => latency } as const
  return onStage(Stage.open(options, server), async (stage) => {
    await stage.openSignedIn(options.tabs ?? 20)
    const awakenings: Awakening[] = []
    for (let round = 0; round < options.rounds; round++) {
      // On some systems the monotonic clock stands still while the machine sleeps.
      awakenings.push(await wakeUp(stage, round % 2 === 1))
      options.log?.(`${JSON.stringify(awakenings.at(-1))}`)
    }
    const stuck = await stage.finish()
    return judge(stage, awakenings, stuck)
  })
}

async function wakeUp({ tabs, witness }: Stage, isMonotonic: boolean): Promise<Awakening> {
  const { tally, tokenRequests } = witness
  const noticeMs = noticePerTabMs * (tabs.length + 2)
  const jump = { at: Date.now() + noticeMs, ms: sleepMs, isMonotonic }
  const wakesAt = performance.now() + noticeMs
  const callsBefore = tally.calls
  witness.jumps.push(jump)
  await Promise.all(tabs.map(({ tab }) => tab.evaluate((jump) => window.wake(jump), jump)))
  if (performance.now() > wakesAt) throw new Error('the tabs were not told in time')
  while (tally.calls < callsBefore + tabs.length && performance.now() < wakesAt + longestMs) await sleep(20)
  const allServedMs = Math.round(performance.now() - wakesAt)
  await sleep(Math.max(0, 2 * firstSecondMs - allServedMs))
  const sinceWake = tokenRequests.map(({ at }) => at - wakesAt).filter((ms) => ms >= 0)
  const requestsInTheFirstSecond = sinceWake.filter((ms) => ms < firstSecondMs).length
  return { requestsInTheFirstSecond, requests: sinceWake.length, allServedMs }
}

function judge({ witness, tabs }: Stage, awakenings: readonly Awakening[], stuck: readonly string[]): CaseResult {
  const { tally, server, expiredServed, refused } = witness
  const most = Math.max(...awakenings.map(({ requestsInTheFirstSecond }) => requestsInTheFirstSecond))
  const isLost = tally.ended > 0 || server.redemptions.some(({ outcome }) => outcome !== 'accepted')
  const expectedCalls = tabs.length * awakenings.length
  const figures = {
    awakenings: awakenings.length,
    mostRequestsInTheFirstSecond: most,
    requests: awakenings.map(({ requests }) => requests),
    slowestMs: Math.max(...awakenings.map(({ allServedMs }) => allServedMs)),
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
    [`${most} renewals in the first second`, most > 1],
    [`${expiredServed} expired tokens were served, ${refused} sent`, expiredServed + refused > 0],
    [`only ${tally.calls} of ${expectedCalls} calls were answered`, tally.calls < expectedCalls],
    [`calls failed: ${JSON.stringify(figures.failed)}`, tally.failures.length > 0],
    [`calls to the API failed: ${JSON.stringify(tally.api)}`, tally.apiFailures > 0],
    [`calls of ${stuck.join()} never end`, stuck.length > 0],
  )
  return { figures, faults }
}
