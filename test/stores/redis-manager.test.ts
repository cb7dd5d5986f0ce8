import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTokenManager, isEvergrantError, type TokenManager, type TokenStore } from '../../src/node.js'
import { redisStore, type RedisClient } from '../../src/redis.js'
import { createAuthorizationServer, type AuthorizationServer } from '../../src/testing.js'
import { useRedis } from '../support/use-redis.js'
import { libraries, openIoRedis, type OpenClient } from './redis-clients.js'

const redis = useRedis()
const opened: OpenClient[] = []
const managers: TokenManager[] = []
let server: AuthorizationServer
beforeEach(() => {
  server = createAuthorizationServer()
})
afterEach(async () => {
  for (const manager of managers.splice(0)) await manager[Symbol.asyncDispose]()
  opened.splice(0).forEach(({ close }) => close())
  await redis()?.command('FLUSHALL')
})

async function connected(open: (url: string) => Promise<OpenClient>): Promise<OpenClient> {
  const client = await open(redis().url)
  opened.push(client)
  return client
}

/** `beforeRequest` is called before each request for tokens reaches the server. */
function manage(store: TokenStore, beforeRequest = async (): Promise<void> => undefined): TokenManager {
  const { issuer, handle } = server
  const manager = createTokenManager({
    metadata: { issuer, token_endpoint: `${issuer}/token` },
    clientId: 'client',
    store,
    autoRenew: false,
    fetch: async (input, init) => {
      await beforeRequest()
      return handle(new Request(input, init))
    },
  })
  managers.push(manager)
  return manager
}

/** Signs in, and lets the token be old enough to be renewed. */
async function signIn(manager: TokenManager): Promise<void> {
  await manager.setTokens(await server.signIn(), { receivedAt: Date.now() - 60_000 })
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const giveUpAt = performance.now() + 15_000; !(await condition());) {
    if (performance.now() > giveUpAt) throw new Error('it never came to that')
    await sleep(20)
  }
}

async function codeOf(operation: Promise<unknown>): Promise<string> {
  return operation.then(
    () => 'none',
    (error: unknown) => (isEvergrantError(error) ? error.code : `foreign: ${String(error)}`),
  )
}

const key = 'evergrant https://as.example client default'
const name = `evergrant:{${key}}`

/** How often Redis ran each command since the last reset. */
async function commandCounts(): Promise<Record<string, number>> {
  const text = String(await redis().command('INFO', 'commandstats'))
  const counts = [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [name, Number(calls)])
  return Object.fromEntries(counts) as Record<string, number>
}

/** Counts what is called on a client, and what of it has no answer yet. */
function counted(client: RedisClient): { client: RedisClient; calls: string[]; unanswered: () => number } {
  const calls: string[] = []
  let unanswered = 0
  const get = (target: RedisClient, name: string | symbol): unknown => {
    const member = Reflect.get(target, name) as unknown
    if (typeof member !== 'function') return member
    return (...args: unknown[]): unknown => {
      calls.push(String(name))
      unanswered++
      const answer: unknown = Reflect.apply(member, target, args)
      const done = (): number => unanswered--
      Promise.resolve(answer).then(done, done)
      return answer
    }
  }
  return { client: new Proxy(client, { get }), calls, unanswered: () => unanswered }
}

describe.each(libraries)('a token manager with a Redis store of %s', (_library, open) => {
  test('needs two round trips to Redis for a renewal, with and without notices', async () => {
    const connection = await connected(open)
    const { subscriber } = connection
    const { client, calls, unanswered } = counted(connection.client)
    for (const store of [redisStore(client), redisStore(client, { subscriber })]) {
      const manager = manage(store)
      // Hears all that a manager hears, right after it: that the subscription stands, and then of each write.
      let heard = 0
      redisStore(client, { subscriber }).watch?.(key, () => heard++)
      const untilHeard = (notices: number) => until(() => heard === notices && unanswered() === 0)
      await untilHeard(1)
      await signIn(manager)
      await untilHeard(2)
      await redis().command('CONFIG', 'RESETSTAT')
      calls.length = 0
      await manager.renew()
      await untilHeard(4)
      expect(calls).toEqual(['eval', 'eval'])
      const { eval: evals, get, set, publish, ...others } = await commandCounts()
      expect({ evals, get, set, publish }).toEqual({ evals: 2, get: 2, set: 2, publish: 2 })
      expect(Object.keys(others).filter((command) => !/^(config|info|hello|client)/.test(command))).toEqual([])
    }
  })

  test('keeps in memory what it was given while Redis was stopped, and writes it once Redis is back', async () => {
    const { client } = await connected(open)
    const store = redisStore(client)
    const manager = manage(store, () => redis().stop())
    try {
      await signIn(manager)
      const tokens = await manager.renew()
      expect(server.inspect(tokens.accessToken)?.isUsable).toBe(true)
      expect(manager.diagnose().store.isBehind).toBe(true)
      expect(await manager.getAccessToken()).toBe(tokens.accessToken)
      await redis().start()
      await until(() => !manager.diagnose().store.isBehind)
      expect(await manage(store).getAccessToken()).toBe(tokens.accessToken)
      expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
    } finally {
      await redis().restart()
    }
  }, 40_000)

  test('says so when it starts while Redis is stopped, and finds its session once Redis is back', async () => {
    const store = redisStore((await connected(open)).client)
    await signIn(manage(store))
    await redis().stop()
    const manager = manage(store)
    try {
      manager.start()
      expect(await codeOf(manager.getAccessToken())).toBe('storage_failed')
      expect(manager.getSnapshot().error?.code).toBe('storage_failed')
    } finally {
      await redis().start()
    }
    await until(async () => (await codeOf(manager.getAccessToken())) === 'none')
    expect(manager.getSnapshot()).toMatchObject({ status: 'active', generation: 0 })
    expect(server.tokenRequests).toBe(0)
  }, 40_000)

  test.each([
    ['read-only', 'min-replicas-to-write', '1', '0'],
    ['out of memory', 'maxmemory', '1', '0'],
  ])('spends no refresh token while Redis is %s', async (_name, setting, bad, good) => {
    const { client } = await connected(open)
    const manager = manage(redisStore(client))
    await signIn(manager)
    const failures: string[] = []
    manager.on('error', ({ error }) => failures.push(error.code))
    await redis().configure(setting, bad)
    const renewing = codeOf(manager.renew())
    try {
      await until(() => failures.length > 0)
      expect(failures).toEqual(['storage_failed'])
      expect(await codeOf(manager.getAccessToken())).toBe('none')
      expect(server.tokenRequests).toBe(0)
    } finally {
      await redis().configure(setting, good)
    }
    // Whoever waits need not ask again.
    expect(await renewing).toBe('none')
    expect(server.tokenRequests).toBe(1)
  })

  test('can sign in again after Redis restarted empty', async () => {
    const { client } = await connected(open)
    const manager = manage(redisStore(client))
    await signIn(manager)
    await redis().restartEmpty()
    await until(async () => (await codeOf(manager.renew())) !== 'storage_failed')
    expect(await codeOf(manager.renew())).toBe('login_required')
    expect(manager.getSnapshot().status).toBe('signed_out')
    await signIn(manager)
    expect(await codeOf(manager.renew())).toBe('none')
  })
})

describe('a session in Redis of which a byte is damaged', () => {
  const flip = (value: Buffer, at: number, mask: number): Buffer => {
    const damaged = Buffer.from(value)
    damaged[at] = (damaged[at] as number) ^ mask
    return damaged
  }
  const damages: readonly (readonly [string, (value: Buffer, at: number) => Buffer])[] = [
    ['the lowest bit is flipped', (value, at) => flip(value, at, 0x01)],
    ['one bit or another is flipped', (value, at) => flip(value, at, 1 << (at % 8))],
    ['all bits are flipped', (value, at) => flip(value, at, 0xff)],
    ['it and all that follows is missing', (value, at) => value.subarray(0, at)],
  ]
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  beforeEach(() => void process.on('unhandledRejection', note))
  afterEach(() => void process.off('unhandledRejection', note))

  /** What a call and the snapshot say, and whether the next sign-in is taken by this manager and seen by another one. */
  async function outcomeOf(store: TokenStore): Promise<string> {
    const manager = manage(store)
    const call = await codeOf(manager.getAccessToken())
    const shown = manager.getSnapshot().error?.code ?? 'nothing'
    const tokens = await server.signIn()
    const signIn = await codeOf(manager.setTokens(tokens))
    if (signIn === 'none') {
      for (const each of [manager, manage(store)]) expect(await each.getAccessToken()).toBe(tokens.access_token)
    }
    return `call: ${call}, shown: ${shown}, sign-in: ${signIn}`
  }

  test.each(damages)(
    'is reported or still of use, wherever the byte is, and gives way to the next sign-in: %s',
    async (damage, alter) => {
      const { client } = await connected((url) => openIoRedis(url))
      const store = redisStore(client)
      await manage(store).setTokens(await server.signIn())
      const value = Buffer.from(String(await redis().command('GET', name)))
      const outcomes: Record<string, number> = {}
      for (let at = 0; at < value.length; at++) {
        await redis().command('SET', name, alter(value, at))
        const outcome = await outcomeOf(store)
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
        for (const manager of managers.splice(0)) await manager[Symbol.asyncDispose]()
      }
      const { [newer]: refused = 0, [damaged]: reported = 0, [unnoticed]: used = 0, ...others } = outcomes
      expect(others).toEqual({})
      expect(refused).toBeLessThanOrEqual(damage.startsWith('one bit') ? 1 : 0)
      expect(reported).toBeGreaterThan(100)
      expect(reported + used + refused).toBe(value.length)
      expect(unhandled).toEqual([])
    },
    60_000,
  )

  const damaged = 'call: login_required, shown: login_required, sign-in: none'
  const unnoticed = 'call: none, shown: nothing, sign-in: none'
  /** The digit of the format was hit, and looks as if a newer version had written the record: that one is left alone. */
  const newer = 'call: unsupported, shown: unsupported, sign-in: unsupported'
})
