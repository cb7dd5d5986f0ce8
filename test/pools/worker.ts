import { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTokenPool, type PoolMetrics } from '../../src/node.js'
import { redisStore } from '../../src/redis.js'
import { clock } from './clock.js'
import { serve, type Service } from './remote.js'
import { keysOf } from './sessions.js'

/** What a worker is told when it is started. */
export interface WorkerTask {
  readonly issuer: string
  readonly redisUrl: string
  /** How many there are. */
  readonly sessions: number
  readonly maxRenewalsPerSecond: number
}

/** What the start of a pool costs. */
export interface StartCost {
  /** Until it knew of all sessions when they are due. */
  readonly startMs: number
  readonly bytesPerSession: number
}

/** What a process with a pool can be asked for. */
export interface WorkerService extends Service {
  /** Lets the pool take up all sessions. */
  readonly start: () => Promise<StartCost>
  /** Processor time since the start, in milliseconds a second. */
  readonly restingCpu: () => number
  readonly metrics: () => PoolMetrics
  /** Ends the pool; gives when it sent token requests. */
  readonly stop: () => Promise<number[]>
}

const { issuer, redisUrl, sessions, maxRenewalsPerSecond } = JSON.parse(process.argv[2] ?? '') as WorkerTask
const client = new Redis(redisUrl)
client.on('error', () => undefined)
const sentAt: number[] = []
const pool = createTokenPool({
  issuer,
  clientId: 'client',
  store: redisStore(client),
  maxRenewalsPerSecond,
  fetch(input, init) {
    if (String(input instanceof Request ? input.url : input).endsWith('/token')) sentAt.push(clock())
    return fetch(input, init)
  },
})
let restingSince = performance.now()
let cpuBefore = process.cpuUsage()

async function heapAtRest(): Promise<number> {
  for (let times = 0; times < 3; times++) {
    globalThis.gc?.()
    await sleep(20)
  }
  return process.memoryUsage().heapUsed
}

serve({
  async start() {
    await client.ping()
    const heapBefore = await heapAtRest()
    const startedAt = performance.now()
    pool.add(keysOf(sessions))
    const isBusy = (): boolean => pool.metrics().due + pool.metrics().open > 0
    // What was added falls due with the next timer.
    do await sleep(5)
    while (isBusy())
    const startMs = performance.now() - startedAt
    const bytesPerSession = ((await heapAtRest()) - heapBefore) / sessions
    restingSince = performance.now()
    cpuBefore = process.cpuUsage()
    return { startMs, bytesPerSession }
  },
  restingCpu() {
    const { user, system } = process.cpuUsage(cpuBefore)
    return (user + system) / (performance.now() - restingSince)
  },
  metrics: () => pool.metrics(),
  async stop() {
    await pool[Symbol.asyncDispose]()
    client.disconnect()
    return sentAt
  },
} satisfies WorkerService)
