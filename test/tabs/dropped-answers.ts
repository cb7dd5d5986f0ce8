import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '../simulation/random.js'
import { allowedFor, attemptsByToken, failuresInSpiteOf } from './budget.js'
import { faultsOf, onStage, Stage, type CaseOptions, type CaseResult } from './stage.js'

const accessTokenSeconds = 10
const graceSeconds = 30
const roundMs = 10_000
const askMs = 100
const probability = 0.3

/** Of the answers to token requests three in ten are lost after the server has acted, for so many times ten seconds. */
export function droppedAnswers(options: CaseOptions): Promise<CaseResult> {
  const random = new Random(options.seed)
  const fault = () =>
    random.chance(probability) ? ({ type: 'drop-response' } as const) : ({ type: 'delay', responseMs: 30 } as const)
  const server = { rotation: { graceSeconds }, accessTokenSeconds, fault, hasShortConnections: true }
  return onStage(Stage.open(options, server, `ask=${askMs}`), async (stage) => {
    await stage.openSignedIn(options.tabs ?? 6)
    for (let round = 1; round <= options.rounds; round++) {
      await sleep(roundMs)
      if (round % 6 === 0) options.log?.(`${round * 10} s, ${stage.witness.tokenRequests.length} requests`)
    }
    const stuck = await stage.finish()
    return judge(stage, stuck)
  })
}

function judge({ witness, options }: Stage, stuck: readonly string[]): CaseResult {
  const { tally, server, tokenRequests, deliveries, expiredServed, refused } = witness
  const attempts = attemptsByToken(tokenRequests)
  const allowed = allowedFor(attempts, true)
  const failures = failuresInSpiteOf(deliveries, tally.failures)
  const [outcomes, dropped] = [server.redemptions, tokenRequests.filter(({ status }) => status === undefined)]
  const isLost = tally.ended > 0 || outcomes.some(({ outcome }) => outcome !== 'accepted' && outcome !== 'repeated')
  const figures = {
    seconds: (options.rounds * roundMs) / 1000,
    lifetimes: attempts.length,
    requests: tokenRequests.length,
    allowed,
    dropped: dropped.length,
    mostInARow: Math.max(...attempts.map((own) => own.filter(({ status }) => status === undefined).length)),
    calls: tally.calls,
    failed: tally.failuresByCode,
    failedInSpiteOfAToken: failures.length,
    expiredServed,
    refusedByApi: refused,
    longestWaitMs: tally.longestWaitMs,
    isAlive: !isLost,
  }
  const faults = faultsOf(
    ['the session was lost', isLost],
    [`${failures.length} calls failed in spite of a valid token`, failures.length > 0],
    [`calls failed: ${JSON.stringify(figures.failed)}`, tally.failures.some(({ code }) => code !== 'unavailable')],
    [`${tokenRequests.length} requests, but ${allowed} are allowed`, tokenRequests.length > allowed],
    [`${expiredServed} expired tokens were served, ${refused} sent`, expiredServed + refused > 0],
    [`calls of ${stuck.join()} never end`, stuck.length > 0],
  )
  return { figures, faults }
}
