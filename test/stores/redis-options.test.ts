import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterEach, describe, expect, test } from 'vitest'
import type { LiveRecord, SessionRecord } from '../../src/core/record.js'
import type { TokenStore } from '../../src/core/store.js'
import { redisStore, type RedisClient } from '../../src/redis.js'
import { useRedis } from '../support/use-redis.js'
import { libraries, openIoRedis, openNodeRedis, type OpenClient } from './redis-clients.js'

const thirtyDays = 30 * 24 * 3600

function live(generation: number): LiveRecord {
  return { format: 1, state: 'live', sessionId: 'session', generation, at: 1, accessTokens: {} }
}
function sealed(generation: number): SessionRecord {
  return { format: 1, state: 'sealed', sessionId: 'session', generation, keyId: 'key', iv: 'iv', data: 'data' }
}
const base = { format: 1, sessionId: 'session', generation: 1, at: 1 } as const
const signedOut: SessionRecord = { ...base, state: 'signed_out' }
const ended: SessionRecord = { ...base, state: 'ended', reason: 'expired_or_revoked' }

const server = useRedis()
const opened: Pick<OpenClient, 'close'>[] = []
afterEach(() => opened.splice(0).forEach(({ close }) => close()))

async function connected(open: (url: string) => Promise<OpenClient>): Promise<RedisClient> {
  const client = await open(server().url)
  opened.push(client)
  return client.client
}

async function ttl(name: string): Promise<number> {
  return (await server().command('TTL', name)) as number
}

/** Replaces whatever is there. */
async function write(store: TokenStore, key: string, record: SessionRecord | undefined): Promise<void> {
  const found = await store.read(key)
  expect(await store.swap(key, found?.revision, record)).toMatchObject({ won: true })
}

describe.each(libraries)('what a Redis store with a client of %s keeps', (_library, open) => {
  test('lies under a key of its own in a part of a cluster of its own, also where its name holds braces', async () => {
    const store = redisStore(await connected(open))
    for (const key of ['{tenant} one', '{tenant} two', '{tenant%7D one']) await write(store, key, live(1))
    const names = (await server().command('KEYS', 'evergrant:*tenant*')) as string[]
    expect(new Set(names.map((name) => /\{([^}]*)\}/.exec(name)?.[1])).size).toBe(3)
    for (const key of ['{tenant} one', '{tenant} two', '{tenant%7D one']) await write(store, key, undefined)
  })

  test('is kept for ever while it is live, and a month once it is not', async () => {
    const store = redisStore(await connected(open))
    const [key, name] = ['key', 'evergrant:{key}']
    await write(store, key, live(1))
    expect(await ttl(name)).toBe(-1)
    for (const tombstone of [signedOut, ended]) {
      for (const session of [live(2), sealed(2)]) {
        await write(store, key, tombstone)
        expect(await ttl(name)).toBeGreaterThan(thirtyDays - 60)
        expect(await ttl(name)).toBeLessThanOrEqual(thirtyDays)
        await write(store, key, session)
        expect(await ttl(name)).toBe(-1)
      }
    }
    await server().command('SET', name, 'damaged')
    await write(store, key, live(3))
    expect(await ttl(name)).toBe(-1)
    expect(await ttl(`${name}:corrupt`)).toBeGreaterThan(thirtyDays - 60)
    await write(store, key, undefined)
    expect(await server().command('EXISTS', name)).toBe(0)
  })

  test('is kept for as long as the options say, and gone then', async () => {
    const store = redisStore(await connected(open), { prefix: '', tombstoneTtlSeconds: 1, liveTtlSeconds: 1000 })
    const key = randomUUID()
    for (const session of [live(1), sealed(1)]) {
      await write(store, key, session)
      expect(await ttl(`{${key}}`)).toBeGreaterThan(990)
    }
    await write(store, key, signedOut)
    expect((await store.read(key))?.record).toEqual(signedOut)
    for (const giveUpAt = performance.now() + 5000; await store.read(key);) {
      expect(performance.now()).toBeLessThan(giveUpAt)
      await sleep(50)
    }
    expect(await store.swap(key, undefined, live(2))).toMatchObject({ won: true })
  })
})

describe.each(libraries)('a user of Redis with %s', (_library, open) => {
  const withUser = (name: string): string => server().url.replace('//', `//${name}:password@`)

  /** The rule of the guide, for a user of this name. */
  async function documented(name: string): Promise<string[]> {
    const guide = await readFile(new URL('../../docs/stores.md', import.meta.url), 'utf8')
    const [, rule = ''] = /^ACL SETUSER evergrant (.*)$/m.exec(guide) ?? []
    return ['SETUSER', name, ...rule.split(' ')]
  }

  async function useEverything({ client, subscriber }: OpenClient): Promise<number> {
    let notices = 0
    const key = randomUUID()
    const store = redisStore(client, { subscriber })
    const stop = store.watch?.(key, () => notices++)
    const other = redisStore(client)
    for (const record of [live(1), live(2), signedOut, undefined]) await write(other, key, record)
    await server().command('SET', `evergrant:{${key}}`, 'damaged')
    await write(other, key, live(3))
    expect(await server().command('GET', `evergrant:{${key}}:corrupt`)).toBe('damaged')
    for (const giveUpAt = performance.now() + 1000; notices < 2 && performance.now() < giveUpAt; await sleep(20))
      await write(other, key, live(4))
    stop?.()
    return notices
  }

  test('needs the rights that the documentation names', async () => {
    await server().command('ACL', ...(await documented('told')))
    await server().command('ACL', 'LOG', 'RESET')
    const connection = await open(withUser('told'))
    opened.push(connection)
    expect(await useEverything(connection)).toBeGreaterThanOrEqual(2)
    expect(await server().command('ACL', 'LOG')).toEqual([])
  })

  test('may do without those for notices', async () => {
    const rights = (await documented('silent')).filter((right) => !/^&|publish|subscribe/.test(right))
    await server().command('ACL', ...rights)
    const connection = await open(withUser('silent'))
    opened.push(connection)
    expect(await useEverything(connection)).toBe(0)
  })
})

describe('a Redis store', () => {
  test('is shared by clients of both libraries, of which one wins each step', async () => {
    const stores = [redisStore(await connected(openIoRedis)), redisStore(await connected(openNodeRedis))]
    const key = randomUUID()
    const steps = 100
    const climb = async (store: TokenStore): Promise<void> => {
      for (let taken = 0; taken < steps;) {
        const found = await store.read(key)
        const next = found?.record.state === 'live' ? found.record.generation + 1 : 1
        if ((await store.swap(key, found?.revision, live(next))).won) taken++
      }
    }
    await Promise.all([...stores, ...stores].map(climb))
    for (const store of stores) expect((await store.read(key))?.record).toEqual(live(4 * steps))
  })

  test('keeps sessions of other prefixes apart', async () => {
    const client = await connected(openIoRedis)
    const [one, other] = [redisStore(client, { prefix: '{app}:one:' }), redisStore(client, { prefix: '{app}:other:' })]
    await write(one, 'key', live(1))
    expect(await other.read('key')).toBeUndefined()
    expect(await server().command('EXISTS', '{app}:one:{key}')).toBe(1)
  })

  test('adds its prefix to that of the client', async () => {
    const client = new Redis(server().port, '127.0.0.1', { keyPrefix: 'mine:' })
    opened.push({ close: () => client.disconnect() })
    const store = redisStore(client)
    await write(store, 'prefixed', live(1))
    const name = 'mine:evergrant:{prefixed}'
    await server().command('SET', name, 'damaged')
    await write(store, 'prefixed', live(2))
    expect((await store.read('prefixed'))?.record).toEqual(live(2))
    expect(await server().command('GET', `${name}:corrupt`)).toBe('damaged')
  })

  test('takes a client that gives buffers, or speaks the older protocol', async () => {
    const client = createClient({ url: server().url, RESP: 2 })
    opened.push({ close: () => client.destroy() })
    await client.connect()
    const store = redisStore(client.withTypeMapping({ 36: Buffer }))
    const key = randomUUID()
    await write(store, key, live(1))
    expect((await store.read(key))?.record).toEqual(live(1))
    expect(await store.swap(key, undefined, live(7))).toMatchObject({ won: false, current: { record: live(1) } })
    await write(store, key, live(2))
  })

  test('can be watched only with a connection that subscribes', async () => {
    const { client, subscriber, close } = await openIoRedis(server().url)
    opened.push({ close })
    expect(redisStore(client).watch).toBeUndefined()
    expect(redisStore(client, { subscriber }).watch).toBeDefined()
  })

  test('refuses options and clients that make no sense', () => {
    const client: RedisClient = { eval: () => Promise.resolve(), evalsha: undefined }
    for (const seconds of [0, -1, 1.5, NaN, Infinity]) {
      const options = [{ tombstoneTtlSeconds: seconds }, { liveTtlSeconds: seconds }]
      for (const option of options) expect(() => redisStore(client, option)).toThrow('whole number of seconds')
    }
    for (const foreign of [undefined, {}, { get: () => 'of another library' }]) {
      expect(() => redisStore(foreign as unknown as RedisClient)).toThrow(
        'takes a client of ioredis, or of redis 4 or later',
      )
    }
  })
})
