import { createServer, connect, type Server } from 'node:net'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterEach, describe, expect, test } from 'vitest'
import type { LiveRecord } from '../../src/core/record.js'
import type { TokenStore } from '../../src/core/store.js'
import { EvergrantError } from '../../src/index.js'
import { redisStore, type RedisClient } from '../../src/redis.js'
import { listen } from '../support/listen.js'
import { RedisServer } from '../support/redis-server.js'
import { useRedis } from '../support/use-redis.js'
import { libraries, openIoRedis, openNodeRedis, type OpenClient } from './redis-clients.js'

function live(generation: number): LiveRecord {
  const token = { token: 'secret-access-token', type: 'Bearer', obtainedAt: 1 }
  return {
    format: 1,
    state: 'live',
    sessionId: 'session',
    generation,
    at: 1,
    refreshToken: 'secret-refresh-token',
    accessTokens: { '': token },
  }
}

const server = useRedis()
const opened: Pick<OpenClient, 'close'>[] = []
afterEach(() => opened.splice(0).forEach(({ close }) => close()))

async function connected(open: (url: string) => Promise<OpenClient>, url = server().url): Promise<OpenClient> {
  const client = await open(url)
  opened.push(client)
  return client
}

/** What a store says when it fails. */
async function failureOf(operation: Promise<unknown>): Promise<EvergrantError> {
  const error = await operation.then(
    () => new Error('it should have failed'),
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(EvergrantError)
  const failure = error as EvergrantError
  expect(failure.code).toBe('storage_failed')
  expect(failure.cause).toBeUndefined()
  expect(JSON.stringify({ ...failure, message: failure.message, stack: failure.stack })).not.toContain('secret')
  return failure
}

/** Tries until it works, as long as a client may take to find Redis again. */
async function eventually<T>(operation: () => Promise<T>): Promise<T> {
  for (const giveUpAt = performance.now() + 10_000; ;) {
    try {
      return await operation()
    } catch (error) {
      if (performance.now() > giveUpAt) throw error
    }
    await sleep(20)
  }
}

async function generationOf(store: TokenStore, key: string): Promise<number> {
  const { record } = (await store.read(key)) ?? {}
  return record?.state === 'live' ? record.generation : 0
}

describe.each(libraries)('a Redis store with a client of %s', (_library, open) => {
  const place = async (): Promise<{ store: TokenStore; key: string; revision: unknown }> => {
    const store = redisStore((await connected(open)).client)
    const key = randomUUID()
    const { revision } = (await store.swap(key, undefined, live(1))) as { revision: unknown }
    return { store, key, revision }
  }

  test.each([
    ['runs out of memory', 'maxmemory', '1', '0', 'Redis is out of memory: raise maxmemory or free some'],
    ['lacks replicas', 'min-replicas-to-write', '1', '0', /min-replicas-to-write/],
  ])('can read but not write while Redis %s, and goes on where it was', async (_name, setting, bad, good, advice) => {
    const { store, key, revision } = await place()
    await server().configure(setting, bad)
    try {
      for (const next of [live(2), undefined]) {
        if (next || setting !== 'maxmemory')
          expect((await failureOf(store.swap(key, revision, next))).message).toMatch(advice)
      }
      expect(await generationOf(store, key)).toBe(1)
    } finally {
      await server().configure(setting, good)
    }
    expect(await store.swap(key, revision, live(2))).toMatchObject({ won: true })
  })

  test('can read but not write where Redis is a replica', async () => {
    const { key } = await place()
    const replica = await RedisServer.start('--replicaof', `127.0.0.1 ${server().port}`)
    try {
      const store = redisStore((await connected(open, replica.url)).client)
      const found = await eventually(async () => {
        const found = await store.read(key)
        if (found) return found
        throw new Error('it is not there yet')
      })
      expect(found.record).toEqual(live(1))
      const { message } = await failureOf(store.swap(key, found.revision, live(2)))
      expect(message).toBe('this Redis is a read-only replica: connect to the primary')
    } finally {
      await replica.remove()
    }
  })

  test('finds nothing after Redis restarted empty, whatever it knew, and starts anew', async () => {
    const { store, key, revision } = await place()
    await server().restartEmpty()
    expect(await eventually(() => store.read(key))).toBeUndefined()
    expect(await store.swap(key, revision, live(2))).toEqual({ won: false, current: undefined })
    expect(await store.swap(key, undefined, live(3))).toMatchObject({ won: true })
  })

  test('goes on where it was after Redis restarted with its data', async () => {
    const { store, key, revision } = await place()
    await server().restart()
    expect(await eventually(() => generationOf(store, key))).toBe(1)
    expect(await store.swap(key, revision, live(2))).toMatchObject({ won: true })
  })

  test('needs no script that Redis remembers', async () => {
    const { store, key, revision } = await place()
    await server().command('SCRIPT', 'FLUSH')
    expect(await store.swap(key, revision, live(2))).toMatchObject({ won: true })
    await server().command('SCRIPT', 'FLUSH')
    expect(await generationOf(store, key)).toBe(2)
  })

  test('loses no step and takes none twice while its connection is killed all the time', async () => {
    const { store, key } = await place()
    let isOver = false
    const killing = (async () => {
      for (let kills = 0; !isOver; kills++) {
        await server().command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
        await sleep(Math.random() * 40)
      }
    })()
    let [won, unknown] = [0, 0]
    // Two seconds, and longer where a connection that is killed takes its time to come back.
    for (const endAt = performance.now() + 2000; performance.now() < endAt || won < 20;) {
      const found = await eventually(() => store.read(key))
      const next = found?.record.state === 'live' ? found.record.generation + 1 : NaN
      const result = await store.swap(key, found?.revision, live(next)).catch(() => undefined)
      if (!result) unknown++
      else if (result.won) won++
      else throw new Error('nobody else writes')
    }
    isOver = true
    await killing
    const steps = (await eventually(() => generationOf(store, key))) - 1
    expect(steps).toBeGreaterThanOrEqual(won)
    expect(steps).toBeLessThanOrEqual(won + unknown)
  })

  test('has written once when the answer to a swap is lost, and knows it or does not say', async () => {
    const proxy = new LossyProxy(server().port)
    const store = redisStore((await connected(open, `redis://127.0.0.1:${await proxy.listen()}`)).client)
    const key = randomUUID()
    try {
      const { revision } = (await store.swap(key, undefined, live(1))) as { revision: unknown }
      proxy.losesNextAnswer = true
      const result = await store.swap(key, revision, live(2)).catch(() => undefined)
      expect(proxy.losesNextAnswer).toBe(false)
      // A client that sends the swap again is told that it won; one that does not has failed.
      if (result) expect(result.won).toBe(true)
      const found = await eventually(() => store.read(key))
      expect(found?.record).toEqual(live(2))
      if (result?.won) expect(await store.swap(key, result.revision, live(3))).toMatchObject({ won: true })
      else expect(await store.swap(key, found?.revision, live(3))).toMatchObject({ won: true })
    } finally {
      await proxy.close()
    }
  })
})

/** Stands between a client and Redis, and may cut the connection in place of an answer. */
class LossyProxy {
  losesNextAnswer = false
  readonly #server: Server

  constructor(port: number) {
    this.#server = createServer((client) => {
      const redis = connect(port, '127.0.0.1')
      client.pipe(redis)
      redis.on('data', (answer) => {
        if (!this.losesNextAnswer) return client.write(answer)
        this.losesNextAnswer = false
        client.destroy()
      })
      for (const socket of [client, redis]) {
        socket.on('error', () => undefined)
        socket.on('close', () => [client, redis].forEach((each) => each.destroy()))
      }
    })
  }

  listen(): Promise<number> {
    return listen(this.#server)
  }

  close(): Promise<void> {
    opened.splice(0).forEach(({ close }) => close())
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

describe('a Redis store that cannot reach Redis', () => {
  test.each([
    ['ioredis', async (url: string) => openIoRedis(url, { maxRetriesPerRequest: 0 })],
    ['node-redis', async (url: string) => openNodeRedis(url, { disableOfflineQueue: true })],
  ])('fails when the client of %s does, and works again once Redis is back', async (_library, open) => {
    const store = redisStore((await connected(open)).client)
    const key = randomUUID()
    await store.swap(key, undefined, live(1))
    await server().stop()
    try {
      const advice = 'Redis gave no answer: see whether it runs and can be reached'
      expect((await failureOf(store.read(key))).message).toBe(advice)
      expect((await failureOf(store.swap(key, undefined, live(2)))).message).toBe(advice)
    } finally {
      await server().start()
    }
    expect(await eventually(() => generationOf(store, key))).toBe(1)
  })
})

test('a client that is its own subscriber, by the older protocol, is told what it needs', async () => {
  const [nodeRedis, ioRedis] = [createClient({ url: server().url, RESP: 2 }), new Redis(server().url, { protocol: 2 })]
  opened.push({ close: () => nodeRedis.destroy() }, { close: () => ioRedis.disconnect() })
  await nodeRedis.connect()
  for (const subscriber of [nodeRedis, ioRedis]) {
    const store = redisStore(subscriber, { subscriber })
    let isWatched = false
    const stop = store.watch?.('key', () => (isWatched = true))
    await eventually(async () => {
      if (!isWatched) throw new Error('it does not subscribe')
    })
    expect((await failureOf(store.read('key'))).message).toContain('give redisStore() a second connection')
    stop?.()
  }
})

describe('a Redis store with a client that fails', () => {
  /** As the libraries do, the error holds the command. */
  const failing = (message: string): RedisClient => ({
    eval: (...args: unknown[]) =>
      Promise.reject(Object.assign(new Error(message), { command: { name: 'eval', args } })),
    evalsha: undefined,
  })

  test.each([
    ["OOM command not allowed when used memory > 'maxmemory'. script: 0f, on @user_script:9.", 'out of memory'],
    [
      "ERR Error running script (call to f_0f): @user_script:9: -OOM command not allowed when used memory > 'maxmemory'.",
      'out of memory',
    ],
    ["READONLY You can't write against a read only replica.", 'read-only replica'],
    ['MISCONF Errors writing to the AOF file: No space left on device', 'cannot save'],
    ['LOADING Redis is loading the dataset in memory', 'does so again by itself'],
    ['CLUSTERDOWN The cluster is down', 'does so again by itself'],
    ["NOPERM this user has no permissions to run the 'eval' command", 'permissions'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'another prefix'],
    ['MOVED 3999 127.0.0.1:6381', 'cluster client'],
    ['Connection in subscriber mode, only subscriber commands may be used', 'second connection'],
    ["ERR Can't execute 'eval': only (P|S)SUBSCRIBE / PING / QUIT are allowed in this context", 'second connection'],
    ["ERR unknown command 'EVAL', with args beginning with: 'secret'", 'refuses the script'],
    ['secret-refresh-token', 'whether it runs'],
  ])('says what to do about %s', async (message, advice) => {
    const store = redisStore(failing(message))
    expect((await failureOf(store.read('key'))).message).toContain(advice)
    expect((await failureOf(store.swap('key', undefined, live(1)))).message).toContain(advice)
  })

  test('takes no answer for a win that is none', async () => {
    for (const answer of [undefined, true, 'OK', [], ['won'], ['QUEUED', 'x']]) {
      const store = redisStore({ eval: () => Promise.resolve(answer), evalsha: undefined })
      await failureOf(store.read('key'))
      await failureOf(store.swap('key', undefined, live(1)))
    }
  })
})
