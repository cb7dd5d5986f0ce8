import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createTokenManager, encryptedStore, type TokenManager, type TokenStore } from '../../src/node.js'
import { postgresStore } from '../../src/postgres.js'
import { redisStore } from '../../src/redis.js'
import { createAuthorizationServer, testStore } from '../../src/testing.js'
import { canaryTokens, hasCanary } from '../leaks/canary.js'
import { startPostgres, type PostgresServer } from '../support/postgres-server.js'
import { useRedis } from '../support/use-redis.js'

const key = crypto.getRandomValues(new Uint8Array(32))
const poll = { timeout: 10_000, interval: 10 }
/** Whatever a test has opened. */
const opened: { close(): unknown }[] = []
afterEach(async () => {
  vi.useRealTimers()
  while (opened.length > 0) await opened.pop()?.close()
})

describe('an encrypted store in Redis', () => {
  const server = useRedis()
  const open = (prefix: string): TokenStore => {
    const [client, subscriber] = [new Redis(server().url), new Redis(server().url)]
    opened.push({ close: () => [client, subscriber].forEach((connection) => connection.disconnect()) })
    return encryptedStore(redisStore(client, { prefix, subscriber }), [key])
  }
  testStore(test, { makePlace: () => `${randomUUID()}:`, open })
  describe('of a fleet', () => {
    const content = async (prefix: string): Promise<string[]> => {
      const names = (await server().command('KEYS', `${prefix}*`)) as string[]
      return Promise.all(names.map(async (name) => String(await server().command('GET', name))))
    }
    testFleet(() => `${randomUUID()}:`, open, content)
  })
})

describe('an encrypted store in PostgreSQL', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.remove())

  let tables = 0
  const open = async (table: string): Promise<TokenStore> => {
    const pool = new Pool({ connectionString: server.url(), max: 4 })
    pool.on('error', () => undefined)
    opened.push({ close: () => pool.end() })
    const store = postgresStore(pool, { table, listener: () => pool.connect() })
    await store.migrate()
    return encryptedStore(store, [key])
  }
  const makePlace = (): string => `place_${++tables}`
  testStore(test, { makePlace, open })
  describe('of a fleet', () => {
    const content = async (table: string): Promise<string[]> =>
      (await server.query(`SELECT record FROM ${table}`)).map(({ record }) => String(record))
    testFleet(makePlace, open, content)
  })
})

/** Managers over such a store. `content` is all that lies in a place. */
function testFleet(
  makePlace: () => string,
  open: (place: string) => TokenStore | Promise<TokenStore>,
  content: (place: string) => Promise<string[]>,
): void {
  test('shares one session, renews it in turns, and leaves no token at the server', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const as = createAuthorizationServer()
    const place = makePlace()
    const start = async (): Promise<TokenManager> => {
      const fetch: typeof globalThis.fetch = (input, init) => as.handle(new Request(input, init))
      const { issuer } = as
      const manager = createTokenManager({
        issuer,
        clientId: 'client',
        store: await open(place),
        autoRenew: false,
        fetch,
      })
      opened.push({ close: () => manager[Symbol.asyncDispose]() })
      return manager
    }
    const [one, other] = [await start(), await start()]
    await one.setTokens(await as.signIn())
    for (const [generation, manager] of [one, other, one, other].entries()) {
      await vi.waitFor(() => expect(manager.getSnapshot()).toMatchObject({ status: 'active', generation }), poll)
      vi.setSystemTime(Date.now() + 10_000)
      const { accessToken } = await manager.renew()
      expect(as.inspect(accessToken)?.isUsable).toBe(true)
      const texts = await content(place)
      expect(texts).toHaveLength(1)
      expect(texts[0]).toContain('"state":"sealed"')
      expect(texts[0]).not.toMatch(/access\.|refresh\./)
    }
    expect(as.redemptions.map(({ outcome }) => outcome)).toEqual(Array(4).fill('accepted'))
    await one.setTokens(canaryTokens(1))
    expect((await content(place)).filter(hasCanary)).toEqual([])
    await other.signOut()
    await vi.waitFor(() => expect(one.getSnapshot().status).toBe('signed_out'), poll)
  })
}
