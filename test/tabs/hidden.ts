import { setTimeout as sleep } from 'node:timers/promises'
import type { CampaignPage } from './page.js'
import { faultsOf, onStage, Stage, type CaseOptions, type CaseResult } from './stage.js'

declare const window: Window & CampaignPage

/** How many requests came in each part of a round. */
interface Round {
  readonly whileHidden: number
  /** After each of the hidden tabs had asked for a token. */
  readonly whenAsked: number
  /** While the tabs were hidden, and the server could not be reached. */
  readonly whileOffline: number
  readonly whenShown: number
}

const accessTokenSeconds = 4
const hiddenMs = 1.5 * accessTokenSeconds * 1000
/** All tabs are told within this time, and a renewal is over. */
const momentMs = 1000

/** All tabs are hidden for longer than a token lives, asked, cut off from the server, and shown again; so many times. */
export function hidden(options: CaseOptions): Promise<CaseResult> {
  let isDown = false
  const fault = () => ({ type: isDown ? 'drop-request' : 'delay' }) as const
  const server = { rotation: 'strict', accessTokenSeconds, fault } as const
  return onStage(Stage.open(options, server), async (stage) => {
    await stage.openSignedIn(options.tabs ?? 20)
    const { witness } = stage
    const countDuring = async (work: Promise<unknown>): Promise<number> => {
      const before = witness.server.tokenRequests
      await work
      return witness.server.tokenRequests - before
    }
    const setHidden = (isHidden: boolean): Promise<unknown> =>
      Promise.all(stage.tabs.map(({ tab }) => tab.evaluate((isHidden) => window.setHidden(isHidden), isHidden)))
    const ask = (): Promise<unknown> => Promise.all(stage.tabs.map(({ tab }) => tab.evaluate(() => window.askOnce())))
    const rounds: Round[] = []
    for (let round = 0; round < options.rounds; round++) {
      await setHidden(true)
      await sleep(momentMs)
      const whileHidden = await countDuring(sleep(hiddenMs))
      const whenAsked = await countDuring(ask())
      isDown = true
      const whileOffline = await countDuring(sleep(hiddenMs))
      isDown = false
      const whenShown = await countDuring(setHidden(false).then(() => sleep(momentMs)))
      rounds.push({ whileHidden, whenAsked, whileOffline, whenShown })
      options.log?.(JSON.stringify(rounds.at(-1)))
    }
    const stuck = await stage.finish()
    return judge(stage, rounds, stuck)
  })
}

function judge({ witness }: Stage, rounds: readonly Round[], stuck: readonly string[]): CaseResult {
  const { tally, server, expiredServed, refused } = witness
  const isLost = tally.ended > 0 || server.redemptions.some(({ outcome }) => outcome !== 'accepted')
  const figures = {
    rounds,
    calls: tally.calls,
    failed: tally.failuresByCode,
    expiredServed,
    refusedByApi: refused,
    longestWaitMs: tally.longestWaitMs,
    isAlive: !isLost,
  }
  const faults = faultsOf(
    ['the session was lost', isLost],
    ['hidden tabs were not quiet', rounds.some(({ whileHidden }) => whileHidden > 0)],
    ['hidden and offline tabs were not quiet', rounds.some(({ whileOffline }) => whileOffline > 0)],
    ['hidden tabs that were asked made not one request', rounds.some(({ whenAsked }) => whenAsked !== 1)],
    ['tabs that were shown made not one request', rounds.some(({ whenShown }) => whenShown !== 1)],
    [`${expiredServed} expired tokens were served`, expiredServed > 0],
    [`calls failed: ${JSON.stringify(figures.failed)}`, tally.failures.length > 0],
    [`calls of ${stuck.join()} never end`, stuck.length > 0],
  )
  return { figures, faults }
}
