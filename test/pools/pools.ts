import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolMetrics } from '../../src/node.js'
import { makeProgram } from '../support/program.js'
import { RedisServer } from '../support/redis-server.js'
import type { Outage, ServerReport, ServerService, ServerTask } from './authorization-server.js'
import { clock } from './clock.js'
import { rateOf, type Rate } from './rates.js'
import { Remote } from './remote.js'
import { accessTokenSeconds, SharedStore } from './sessions.js'
import type { StartCost, WorkerService, WorkerTask } from './worker.js'

/** How to run processes whose pools share a Redis and all sessions in it. */
export interface PoolsOptions {
  readonly sessions: number
  readonly processes: number
  /** The ceiling of each pool. */
  readonly maxRenewalsPerSecond: number
  /** When the first session becomes due, after the sessions were signed in. By then the pools must have started. */
  readonly leadSeconds: number
  /** Within how much time all of them become due. */
  readonly withinSeconds: number
  /** What happens to the authorization server when a tenth of the sessions are renewed, and for how long. */
  readonly outage?: { readonly kind: Outage; readonly seconds: number } | undefined
  /** Called each second with what is known so far. */
  onProgress?(progress: Progress): void
}

/** What is known on the way. */
export interface Progress {
  readonly seconds: number
  readonly renewals: number
  readonly metrics: readonly PoolMetrics[]
}

/** An outage of the authorization server, and what came after it. */
export interface OutageResult {
  readonly kind: Outage
  readonly seconds: number
  /** Token requests that the pools sent meanwhile, also where nobody was there to count them. */
  readonly requests: number
  /**
   * The first 99 % of those that arrived from its end on, counted from its end: sessions that were tried often meanwhile
   * wait for up to some minutes more, as the others do not.
   */
  readonly recovery: Rate
  /** From its end to the last renewal. */
  readonly recoverySeconds: number
}

/** What came of it. */
export interface PoolsResult extends Omit<ServerReport, 'arrivals'> {
  readonly sessions: number
  readonly processes: number
  readonly maxRenewalsPerSecond: number
  readonly redis: string
  readonly tokenRequests: number
  /** When they were sent, and when the server received them; over the whole run. */
  readonly sent: Rate
  readonly received: Rate
  /** Sessions that are no longer in the store, or whose refresh token there is dead. */
  readonly lost: number
  readonly outage?: OutageResult | undefined
  /** What the pool of each process costs; absent when sessions became due before all pools had started and rested. */
  readonly costs?: readonly PoolCost[] | undefined
}

/** What one pool costs. */
export interface PoolCost extends StartCost {
  /** Processor time while nothing is due, in milliseconds a second. */
  readonly restingCpu: number
}

const progressMs = 1000
/** How long after the last renewal nothing more may come. */
const settleMs = 3000
/** A rest that is shorter tells nothing. */
const shortestRestMs = 5000
const nearlyAll = 0.99
const endings: readonly (keyof PoolMetrics)[] = ['due', 'waiting', 'renewing']

/** Runs the processes until all sessions are renewed, or for a few minutes longer than that should take. */
export async function runPools(options: PoolsOptions): Promise<PoolsResult> {
  const ends: (() => unknown)[] = []
  try {
    const redis = await RedisServer.start()
    ends.push(() => redis.remove())
    const serverProgram = await makeProgram(new URL('./authorization-server.ts', import.meta.url))
    const workerProgram = await makeProgram(new URL('./worker.ts', import.meta.url))
    ends.push(serverProgram.remove, workerProgram.remove)
    // Where answers are lost, only a grace period keeps a session alive.
    const rotation = options.outage?.kind === 'lost' ? { graceSeconds: 30 } : 'strict'
    const serverTask: ServerTask = { accessTokenSeconds, rotation }
    const server = new Remote<ServerService>(serverProgram.path, serverTask)
    ends.push(() => server.end())
    const issuer = await server.call('issuer')
    const store = new SharedStore(redis.url, issuer)
    ends.push(() => store.close())
    const { sessions, processes, maxRenewalsPerSecond } = options
    const task: WorkerTask = { issuer, redisUrl: redis.url, sessions, maxRenewalsPerSecond }
    const startWorker = (): Remote<WorkerService> => new Remote(workerProgram.path, task, ['--expose-gc'])
    const workers = Array.from({ length: processes }, startWorker)
    ends.push(() => Promise.all(workers.map((worker) => worker.end())))
    return await new Run(options, { server, store, workers }).play()
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

interface Surroundings {
  readonly server: Remote<ServerService>
  readonly store: SharedStore
  readonly workers: readonly Remote<WorkerService>[]
}

class Run {
  readonly #startedAt = clock()
  #outage: { readonly from: number; to: number } | undefined

  constructor(
    private readonly options: PoolsOptions,
    private readonly around: Surroundings,
  ) {}

  async play(): Promise<PoolsResult> {
    const { server, store } = this.around
    const { sessions, leadSeconds, withinSeconds } = this.options
    const refreshTokens = await server.call('signIn', sessions)
    const dueFrom = Date.now() + leadSeconds * 1000
    await store.fill(refreshTokens, dueFrom, dueFrom + withinSeconds * 1000)
    const starts = await this.#ofAll('start')
    const restMs = dueFrom - Date.now()
    await sleep(Math.max(0, restMs))
    const cpu = await this.#ofAll('restingCpu')
    const costs = starts.map((start, index) => ({ ...start, restingCpu: cpu[index] ?? 0 }))
    await this.#watch()
    return this.#result(restMs >= shortestRestMs ? costs : undefined)
  }

  #ofAll<N extends 'start' | 'restingCpu' | 'metrics' | 'stop'>(
    name: N,
  ): Promise<Awaited<ReturnType<WorkerService[N]>>[]> {
    return Promise.all(this.around.workers.map((worker) => worker.call<N>(name, ...([] as never))))
  }

  /** Waits until all is renewed and all pools have seen it; lets the server fail meanwhile, if that is wanted. */
  async #watch(): Promise<void> {
    const { server } = this.around
    const { sessions } = this.options
    for (const giveUpAt = clock() + this.#longestMs(); clock() < giveUpAt; await sleep(progressMs)) {
      const [renewals, metrics] = await Promise.all([server.call('renewals'), this.#ofAll('metrics')])
      this.options.onProgress?.({ seconds: Math.round((clock() - this.#startedAt) / 1000), renewals, metrics })
      await this.#disturb(renewals)
      const isQuiet = metrics.every((each) => endings.every((name) => each[name] === 0))
      if (renewals >= sessions && isQuiet && this.#outage?.to !== Infinity) break
    }
    await sleep(settleMs)
  }

  /** Begins the outage, or ends it, when it is time. */
  async #disturb(renewals: number): Promise<void> {
    const { server } = this.around
    const { outage, sessions } = this.options
    if (!outage) return
    if (!this.#outage && renewals >= sessions / 10) {
      await server.call('fail', outage.kind)
      this.#outage = { from: clock(), to: Infinity }
    } else if (this.#outage?.to === Infinity && clock() >= this.#outage.from + outage.seconds * 1000) {
      this.#outage.to = clock()
      await server.call('recover')
    }
  }

  /** Twice as long as the ceilings allow for, and some minutes. */
  #longestMs(): number {
    const { sessions, processes, maxRenewalsPerSecond, withinSeconds, outage } = this.options
    const renewingSeconds = withinSeconds + sessions / (processes * maxRenewalsPerSecond)
    return (2 * renewingSeconds + (outage?.seconds ?? 0) + 180) * 1000
  }

  async #result(costs: readonly PoolCost[] | undefined): Promise<PoolsResult> {
    const { server, store } = this.around
    const { sessions, processes, maxRenewalsPerSecond } = this.options
    const sentAt = (await this.#ofAll('stop')).flat()
    const { arrivals, ...counts } = await server.call('report')
    const usable = await server.call('countUsable', await store.refreshTokens(sessions))
    return {
      sessions,
      processes,
      maxRenewalsPerSecond,
      redis: await store.version(),
      tokenRequests: sentAt.length,
      ...counts,
      sent: rateOf(sentAt),
      received: rateOf(arrivals),
      lost: sessions - usable,
      outage: this.#outageResult(arrivals, sentAt),
      costs,
    }
  }

  #outageResult(arrivals: readonly number[], sentAt: readonly number[]): OutageResult | undefined {
    const { kind } = this.options.outage ?? {}
    if (!this.#outage || !kind) return undefined
    const { from, to } = this.#outage
    const requests = sentAt.filter((at) => at >= from && at < to).length
    const after = arrivals.filter((at) => at >= to).toSorted((one, other) => one - other)
    const recovery = rateOf(after.slice(0, Math.ceil(after.length * nearlyAll)), to)
    const recoverySeconds = ((after.at(-1) ?? to) - to) / 1000
    return { kind, seconds: (to - from) / 1000, requests, recovery, recoverySeconds }
  }
}
