import { createTokenPool, type SessionRecord, type TokenStore } from '../src/node.js'

/** What a pool of many idle sessions costs. */
export interface PoolCost {
  readonly bytesPerSession: number
  /** To take up all sessions, with a store that answers at once. */
  readonly startMs: number
  /** Processor time that an idle pool takes, in milliseconds for each second. */
  readonly idleCpuMsPerSecond: number
}

const sessions = Number(process.argv[2])
const idleSeconds = 5

/** A store that makes up what it is asked for, so that the heap holds nothing but what the pool keeps. */
const store: TokenStore = {
  durability: 'strict',
  read: (key) => Promise.resolve({ revision: key, record: freshSession(key) }),
  swap: () => Promise.reject(new Error('nothing is due')),
}

function freshSession(sessionId: string): SessionRecord {
  const token = { token: 'access', type: 'Bearer', obtainedAt: Date.now(), lifetimeMs: 3_600_000 }
  const base = { format: 1, state: 'live', sessionId, generation: 1, at: 0 } as const
  return { ...base, refreshToken: 'refresh', accessTokens: { '': token } }
}

async function heapAtRest(): Promise<number> {
  for (let times = 0; times < 3; times++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return process.memoryUsage().heapUsed
}

async function measure(): Promise<PoolCost> {
  const metadata = { issuer: 'https://as.example', token_endpoint: 'https://as.example/token' }
  await using pool = createTokenPool({ metadata, clientId: 'client', store })
  const heapBefore = await heapAtRest()
  const startedAt = performance.now()
  pool.add(Array.from({ length: sessions }, (_, index) => `customer-${index}`))
  const isBusy = (): boolean => pool.metrics().due + pool.metrics().open > 0
  // Nothing is due yet where a pool has only just heard of its sessions.
  do await new Promise((resolve) => setTimeout(resolve, 5))
  while (isBusy())
  const startMs = performance.now() - startedAt
  const bytesPerSession = ((await heapAtRest()) - heapBefore) / sessions
  const cpuBefore = process.cpuUsage()
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000))
  const { user, system } = process.cpuUsage(cpuBefore)
  if (pool.metrics().sessions !== sessions) throw new Error('the pool has forgotten sessions')
  return { bytesPerSession, startMs, idleCpuMsPerSecond: (user + system) / 1000 / idleSeconds }
}

console.log(JSON.stringify(await measure()))
