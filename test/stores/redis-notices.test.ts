import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, test } from 'vitest'
import type { LiveRecord } from '../../src/core/record.js'
import type { TokenStore } from '../../src/core/store.js'
import { redisStore } from '../../src/redis.js'
import { useRedis } from '../support/use-redis.js'
import { libraries, openIoRedis, openNodeRedis, type OpenClient } from './redis-clients.js'

function live(generation: number): LiveRecord {
  return {
    format: 1,
    state: 'live',
    sessionId: 'secret-session',
    generation,
    at: 1,
    refreshToken: 'secret-refresh-token',
    accessTokens: {},
  }
}

const server = useRedis()
const opened: Pick<OpenClient, 'close'>[] = []
afterEach(() => opened.splice(0).forEach(({ close }) => close()))

async function connected(open: (url: string) => Promise<OpenClient>): Promise<OpenClient> {
  const client = await open(server().url)
  opened.push(client)
  return client
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const giveUpAt = performance.now() + 10_000; !(await condition());) {
    if (performance.now() > giveUpAt) throw new Error('it never came to that')
    await sleep(10)
  }
}

/** Writes the next generation; resolves when everybody who listens has been told. */
async function step(store: TokenStore, key: string): Promise<void> {
  const found = await store.read(key)
  const generation = found?.record.state === 'live' ? found.record.generation : 0
  expect(await store.swap(key, found?.revision, live(generation + 1))).toMatchObject({ won: true })
}

async function channels(): Promise<string[]> {
  return (await server().command('PUBSUB', 'CHANNELS', 'evergrant:*')) as string[]
}

/** Somebody who watches a key, from when the subscription stands. */
class Watching {
  calls = 0
  readonly stop: () => void

  constructor(store: TokenStore, key: string) {
    this.stop = store.watch?.(key, () => void this.calls++) as () => void
  }

  static async start(store: TokenStore, key: string): Promise<Watching> {
    const watching = new Watching(store, key)
    await until(() => watching.calls === 1)
    return watching
  }

  /** Waits until what `work` does has led to a call. */
  async toldOf(work: () => Promise<unknown>): Promise<void> {
    const { calls } = this
    await work()
    await until(() => this.calls > calls)
  }
}

describe.each(libraries)('a Redis store with a subscriber of %s', (_library, open) => {
  const stores = async (): Promise<{ store: TokenStore; other: TokenStore }> => {
    const { client, subscriber } = await connected(open)
    const other = await connected(open)
    return { store: redisStore(client, { subscriber }), other: redisStore(other.client) }
  }

  test('is told what others do by one connection for all keys, which is left alone when nobody watches', async () => {
    const { store, other } = await stores()
    const keys = Array.from({ length: 50 }, () => randomUUID())
    const watchers = await Promise.all(keys.map((key) => Watching.start(store, key)))
    expect((await channels()).sort()).toEqual(keys.map((key) => `evergrant:{${key}}`).sort())
    const clients = String(await server().command('CLIENT', 'LIST'))
    expect(clients.split('\n').filter((line) => line.includes(' sub=50 '))).toHaveLength(1)
    await watchers[7]?.toldOf(() => step(other, keys[7] as string))
    expect(watchers.map(({ calls }) => calls)).toEqual(keys.map((_, index) => (index === 7 ? 2 : 1)))
    watchers.forEach((watcher) => watcher.stop())
    await until(async () => (await channels()).length === 0)
  })

  test('keeps a subscription while somebody needs it', async () => {
    const { store, other } = await stores()
    const key = randomUUID()
    const [first, second] = [await Watching.start(store, key), await Watching.start(store, key)]
    first.stop()
    first.stop()
    await second.toldOf(() => step(other, key))
    expect(first.calls).toBe(1)
    second.stop()
    // At the same moment somebody else begins.
    const third = await Watching.start(store, key)
    await third.toldOf(() => step(other, key))
    await third.toldOf(() => step(other, key))
    third.stop()
    await until(async () => (await channels()).length === 0)
    expect([first.calls, second.calls]).toEqual([1, 2])
  })

  test('does not tell its only watcher what it has written itself', async () => {
    const { store, other } = await stores()
    const [key, next] = [randomUUID(), randomUUID()]
    const [alone, control] = [await Watching.start(store, key), await Watching.start(store, next)]
    await step(store, key)
    // Notices come in order.
    await control.toldOf(() => step(other, next))
    expect(alone.calls).toBe(1)
    const second = await Watching.start(store, key)
    await second.toldOf(() => alone.toldOf(() => step(store, key)))
  })

  test('looks again after a reconnect, for notices may have been missed', async () => {
    const { store, other } = await stores()
    const key = randomUUID()
    const watcher = await Watching.start(store, key)
    await watcher.toldOf(() => server().command('CLIENT', 'KILL', 'TYPE', 'pubsub'))
    await watcher.toldOf(() => step(other, key))
  })

  test('is told once Redis can be reached, when it could not be at first', async () => {
    const { store, other } = await stores()
    const key = randomUUID()
    await server().stop()
    const watcher = new Watching(store, key)
    await watcher.toldOf(() => server().start())
    await watcher.toldOf(() => step(other, key))
  })

  test('may share its connection with another store', async () => {
    const { client, subscriber } = await connected(open)
    const [one, two] = [redisStore(client, { subscriber }), redisStore(client, { subscriber })]
    const key = randomUUID()
    const [leaving, staying] = [await Watching.start(one, key), await Watching.start(two, key)]
    leaving.stop()
    await staying.toldOf(() => step(one, key))
  })
})

test('a prefix that the client adds by itself changes nothing about notices', async () => {
  const client = new Redis(server().port, '127.0.0.1', { keyPrefix: 'mine:' })
  const subscriber = client.duplicate({ lazyConnect: true })
  opened.push({ close: () => [client, subscriber].forEach((connection) => connection.disconnect()) })
  await subscriber.connect()
  const watcher = await Watching.start(redisStore(client, { subscriber }), 'prefixed')
  await watcher.toldOf(() => step(redisStore(client), 'prefixed'))
})

test('notices name the key and who wrote, and nothing that is stored', async () => {
  const listener = new Redis(server().port, '127.0.0.1')
  opened.push({ close: () => listener.disconnect() })
  const heard: string[][] = []
  listener.on('pmessage', (_pattern, channel, message) => heard.push([channel, message]))
  await listener.psubscribe('*')
  const names = new Set<string>()
  for (const open of [openIoRedis, openNodeRedis]) {
    const store = redisStore((await connected(open)).client)
    for (let round = 0; round < 3; round++) await step(store, 'watched')
  }
  await until(() => heard.length === 6)
  for (const [channel, message] of heard) {
    expect(channel).toBe('evergrant:{watched}')
    // Four numbers of 32 bits each, in base 36.
    expect(message).toMatch(/^\w{1,7}(-\w{1,7}){3}$/)
    names.add(message as string)
  }
  expect(names.size).toBe(2)
})
