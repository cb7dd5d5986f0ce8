import { setTimeout as sleep } from 'node:timers/promises'
import type { Redemption } from '../../src/testing.js'
import { attemptsByToken } from './budget.js'
import { roundKinds, type RoundKind } from './lifecycle-rounds.js'
import { faultsOf, onStage, Stage, type CaseOptions, type CaseResult, type StagedTab } from './stage.js'
import { countBy } from './tally.js'
import type { TokenRequest } from './witness.js'

/** What happens in the rounds. */
export interface LifecycleOptions extends CaseOptions {
  /** All that the engine can do unless they are named. */
  readonly kinds?: readonly string[] | undefined
}

/** A tab that lost what it was doing, or could not go on with it for a time, by the monotonic clock here. */
interface Loss {
  readonly tab: string
  readonly from: number
  readonly to: number
}

const askMs = 100
const accessTokenSeconds = 2
const latency = { type: 'delay', requestMs: 100, responseMs: 200 } as const
/** Some rounds begin when the renewal is just over. */
const longestStartMs = 400
/** What a caller waits at most, and how late timers are on a machine that is shared. */
const boundMs = 10_000
const toleranceMs = 1500
/** How long a tab takes to store an answer. */
const storingMs = 1000
const longestQuietMs = 40_000

/** A few tabs ask for tokens all the time while something happens to one of them, so many times of each kind. */
export function lifecycle(options: LifecycleOptions): Promise<CaseResult> {
  const { engine, rounds, log, kinds = Object.keys(roundKinds) } = options
  const server = { rotation: { graceSeconds: 30 }, accessTokenSeconds, fault: () => latency }
  return onStage(Stage.open(options, server, `ask=${askMs}`), async (stage) => {
    await stage.openSignedIn(options.tabs ?? 4)
    const record = new Lifecycle(stage)
    for (const name of kinds) {
      const kind = roundKinds[name]
      if (!kind || (kind.needsChromium && engine.name !== 'chromium')) continue
      await record.play(name, kind, rounds)
      log?.(`${rounds} times ${name}: ${record.summary()}`)
      if (record.isStuck) break
    }
    const stuck = await stage.finish()
    return record.judge(stuck)
  })
}

class Lifecycle {
  /** Whether nobody renews any more. */
  isStuck = false
  readonly #losses: Loss[] = []
  readonly #problems: string[] = []
  readonly #rounds: Record<string, number> = {}
  readonly #longestWaitMs: Record<string, number> = {}
  #onHolder = 0
  #depth = -1

  constructor(private readonly stage: Stage) {}

  async play(name: string, kind: RoundKind, rounds: number): Promise<void> {
    const { tally } = this.stage.witness
    tally.longestWaitMs = 0
    const pids = new Map<StagedTab, number>()
    for (let round = 0; round < rounds && !this.isStuck; round++) {
      await this.#playOnce(kind, pids).catch((error: unknown) => {
        this.#problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
        this.isStuck = true
      })
      this.#rounds[name] = round + 1
      this.#longestWaitMs[name] = tally.longestWaitMs
      this.#lookForForgotten(name)
      if ((round + 1) % 20 === 0) this.stage.options.log?.(`${round + 1} times ${name}: ${this.summary()}`)
    }
  }

  summary(): string {
    const { server, tally } = this.stage.witness
    const { repeated = 0 } = count(server.redemptions)
    return `${server.tokenRequests} requests, ${repeated} repeated, longest wait ${tally.longestWaitMs} ms`
  }

  async #playOnce(kind: RoundKind, pids: Map<StagedTab, number>): Promise<void> {
    const { stage } = this
    const { random, tabs } = stage
    await kind.prepare?.(stage, pids)
    const request = await this.#nextRenewal()
    await sleep(random.below(longestStartMs))
    const holder = tabs.find(({ name }) => name === request.tab)
    const isOnHolder = kind.isLoss && holder !== undefined && random.chance(0.6)
    if (isOnHolder) this.#onHolder++
    const victim = isOnHolder ? holder : stage.pickTab()
    const from = performance.now()
    await kind.play(stage, victim, pids)
    if (kind.isLoss) this.#losses.push({ tab: victim.name, from, to: performance.now() })
  }

  /** Waits for the first renewal of new tokens: nobody can survive that all who renew die one after the other. */
  async #nextRenewal(): Promise<TokenRequest> {
    const { witness } = this.stage
    for (;;) {
      const request = await witness.nextTokenRequest(longestQuietMs)
      if ((request.depth ?? 0) <= this.#depth) continue
      this.#depth = request.depth ?? 0
      return request
    }
  }

  /** Notes the tabs that get no tokens although the others do. */
  #lookForForgotten(name: string): void {
    const { tabs, witness } = this.stage
    const now = performance.now()
    const forgotten = tabs.filter((tab) => now - (witness.tally.givenAt.get(tab.name) ?? now) > longestQuietMs)
    if (forgotten.length > 0) this.#problems.push(`${name}: a tab gets no tokens any more`)
  }

  /** The requests that spent a refresh token again although nobody who had spent it was lost. */
  #unexplained(): number {
    const isLost = ({ tab, at, endedAt = Infinity }: TokenRequest): boolean =>
      this.#losses.some((loss) => loss.tab === tab && loss.from <= endedAt + storingMs && loss.to >= at)
    const attempts = attemptsByToken(this.stage.witness.tokenRequests)
    return attempts.flatMap((own) => own.filter((_, index) => index > 0 && !own.slice(0, index).some(isLost))).length
  }

  judge(stuck: readonly string[]): CaseResult {
    const { tally, server, expiredServed, refused } = this.stage.witness
    const outcomes = count(server.redemptions)
    const unexplained = this.#unexplained()
    const isLost = tally.ended > 0 || Boolean(outcomes.dead || outcomes.unknown || outcomes.reuse)
    const longestWaitMs = Math.max(...Object.values(this.#longestWaitMs), tally.longestWaitMs)
    const strange = tally.failures.filter(({ code }) => code !== 'unavailable')
    const figures = {
      rounds: this.#rounds,
      onTheHolder: this.#onHolder,
      outcomes,
      unexplainedRepeats: unexplained,
      longestWaitMs: this.#longestWaitMs,
      hangs: stuck.length,
      calls: tally.calls,
      failed: tally.failuresByCode,
      apiCalls: tally.api,
      expiredServed,
      refusedByApi: refused,
      cameOutOfTheCache: tally.restored,
      isAlive: !isLost,
    }
    const faults = faultsOf(
      ['the session was lost', isLost],
      [`${unexplained} refresh tokens were spent twice although nobody was lost`, unexplained > 0],
      [`a caller waited ${longestWaitMs} ms`, longestWaitMs > boundMs + toleranceMs],
      [`calls failed: ${JSON.stringify(figures.failed)}`, strange.length > 0],
      [`${expiredServed} expired tokens were served`, expiredServed > 0],
      [`calls of ${stuck.join()} never end`, stuck.length > 0],
    )
    return { figures, faults: [...faults, ...new Set(this.#problems)] }
  }
}

function count(redemptions: readonly Redemption[]): Record<string, number> {
  return countBy(redemptions, ({ outcome }) => outcome)
}
