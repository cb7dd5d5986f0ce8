import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../browser/manager-server.js'
import type { CampaignPage } from './page.js'
import { faultsOf, onStage, Stage, type CaseOptions, type CaseResult } from './stage.js'

declare const window: Window & CampaignPage

/** How long these sign-outs are given. */
export interface SignOutOptions extends CaseOptions {
  /** After so long the server must not take any of the tokens any more; 61 by default. */
  readonly settleSeconds?: number
  /** How long late answers are waited for also when the server takes no token; as long as `settleSeconds` by default. */
  readonly leastSettleSeconds?: number
}

/** A session that is over. */
interface Over {
  readonly family: number
  readonly sessionId: string
  /** When the last tab had heard of it, in milliseconds since 1970. */
  readonly at: number
}

const askMs = 50
/** What is older than five seconds is renewed when somebody says so. */
const ageSeconds = 20
const longestNewsMs = 10_000

/** Somebody signs in on one tab and out on another, while a third one renews; so many times. */
export function signOut(options: SignOutOptions): Promise<CaseResult> {
  const { rounds, settleSeconds = 61, leastSettleSeconds = settleSeconds, log } = options
  const fault = () =>
    ({ type: 'delay', requestMs: stage.random.below(60), responseMs: stage.random.below(300) }) as const
  const opening = Stage.open(
    options,
    { rotation: { graceSeconds: 30 }, accessTokenSeconds: 600, fault },
    `ask=${askMs}`,
  )
  let stage: Stage
  return onStage(opening, async (opened) => {
    stage = opened
    for (let count = 0; count < (options.tabs ?? 6); count++) await stage.openTab()
    const record = new Rounds(stage)
    for (let round = 1; round <= rounds; round++) {
      await record.play()
      if (round % 50 === 0) log?.(`${round} rounds, ${record.usableSoonAfter} tokens usable right after`)
    }
    const giveUpAt = performance.now() + settleSeconds * 1000
    await sleep(leastSettleSeconds * 1000)
    while (record.usable() > 0 && performance.now() < giveUpAt) await sleep(askMs)
    const stuck = await stage.finish()
    return record.judge(stuck)
  })
}

class Rounds {
  usableSoonAfter = 0
  readonly #over: Over[] = []
  readonly #problems: string[] = []
  #duringRenewal = 0
  #slowestNewsMs = 0

  constructor(private readonly stage: Stage) {}

  async play(): Promise<void> {
    const { stage } = this
    const { random, witness } = stage
    const session = await stage.signIn(stage.pickTab(), ageSeconds)
    if (random.chance(0.5)) await this.#untilAllKnow(session.sessionId, true)
    for (let count = random.below(4); count > 0; count--) await this.#startRenewal()
    await sleep(random.below(250))
    if (witness.underWay > 0) this.#duringRenewal++
    const failure = await stage.pickTab().tab.evaluate(() =>
      window.tokens.signOut().then(
        () => undefined,
        (error) => String(error?.code),
      ),
    )
    if (failure) this.#problems.push(`signOut() failed: ${failure}`)
    await this.#untilAllKnow(session.sessionId, false)
    this.#over.push({ ...session, at: Date.now() })
    this.usableSoonAfter += this.usable()
    // Half of the time the late answers come into the next session.
    if (random.chance(0.5)) return
    await until(() => witness.underWay === 0)
    const stored = await stage.pickTab().tab.evaluate(() => window.stored())
    if (stored.startsWith('live')) this.#problems.push('the store holds a session again')
  }

  async #startRenewal(): Promise<void> {
    await this.stage.pickTab().tab.evaluate(() => void window.tokens.renew().catch(() => undefined))
  }

  /** Waits until the session is what all tabs show, or until none does. */
  async #untilAllKnow(sessionId: string, isActive: boolean): Promise<void> {
    const startedAt = performance.now()
    const hear = async (sessionId: string, isActive: boolean, longestMs: number): Promise<boolean> => {
      const snapshot = () => window.tokens.getSnapshot()
      const isShown = () => JSON.stringify(snapshot()).includes(`"${sessionId}"`)
      for (let waited = 0; waited < longestMs && isShown() !== isActive; waited += 5)
        await new Promise((resolve) => setTimeout(resolve, 5))
      return isShown() === isActive
    }
    const heard = this.stage.tabs.map(({ tab }) => tab.evaluate(hear, sessionId, isActive, longestNewsMs))
    const late = (await Promise.all(heard)).filter((isHeard) => !isHeard).length
    if (late > 0) this.#problems.push(`${late} tabs did not hear of a sign-${isActive ? 'in' : 'out'}`)
    this.#slowestNewsMs = Math.max(this.#slowestNewsMs, Math.round(performance.now() - startedAt))
  }

  /** How many of all the tokens there ever were are good. */
  usable(): number {
    const { server, issued } = this.stage.witness
    return [...issued].filter((token) => server.inspect(token)?.isUsable).length
  }

  judge(stuck: readonly string[]): CaseResult {
    const { tally, server, issued, expiredServed } = this.stage.witness
    const overAt = new Map(this.#over.map(({ family, at }) => [family, at]))
    const isAfterEnd = ([token, at]: [string, number]): boolean => {
      const { family } = server.inspect(token) ?? { family: -1 }
      return at > (overAt.get(family) ?? Infinity)
    }
    const served = [...tally.served].filter(isAfterEnd).length
    const active = this.#over.filter(({ sessionId, at }) => (tally.active.get(sessionId) ?? 0) > at).length
    const usable = this.usable()
    const strange = tally.failures.filter(({ code }) => !['login_required', 'aborted', 'unavailable'].includes(code))
    const figures = {
      signOuts: this.#over.length,
      whileARequestWasUnderWay: this.#duringRenewal,
      requests: server.tokenRequests,
      tokens: issued.size,
      servedAfterSignOut: served,
      activeAfterSignOut: active,
      usableSoonAfter: this.usableSoonAfter,
      usableAtTheEnd: usable,
      expiredServed,
      slowestNewsMs: this.#slowestNewsMs,
      longestWaitMs: tally.longestWaitMs,
      failed: tally.failuresByCode,
    }
    const faults = faultsOf(
      [`${served} tokens were served after everybody knew of the sign-out`, served > 0],
      [`${active} sessions became active again`, active > 0],
      [`${usable} tokens can still be used`, usable > 0],
      [`calls failed: ${JSON.stringify(figures.failed)}`, strange.length > 0],
      [`calls of ${stuck.join()} never end`, stuck.length > 0],
    )
    return { figures, faults: [...faults, ...new Set(this.#problems)] }
  }
}
