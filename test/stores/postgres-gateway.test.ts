import { connect, createServer, type Socket } from 'node:net'
import { Client, Pool } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { postgresStore, type PostgresListener } from '../../src/postgres.js'
import { listen } from '../support/listen.js'
import { startPostgres, type PostgresServer } from '../support/postgres-server.js'

const poll = { timeout: 10_000, interval: 20 }
const signedOut = { format: 1, state: 'signed_out', sessionId: 's', generation: 1, at: 1 } as const

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.remove())

const opened: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  vi.useRealTimers()
  while (opened.length > 0) await opened.pop()?.()
})

/** What stands between two networks. It forgets connections as such do: they stay open at both ends, and nothing passes. */
async function openGateway(): Promise<{ url: string; forget(): void; connections(): number }> {
  const { hostname, port, href } = new URL(server.url())
  const pairs: [Socket, Socket][] = []
  const gateway = createServer((inside) => {
    const outside = connect(Number(port), hostname)
    inside.pipe(outside).pipe(inside)
    pairs.push([inside, outside])
    for (const socket of [inside, outside]) socket.on('error', () => undefined)
  })
  const url = new URL(href)
  url.port = String(await listen(gateway))
  opened.push(() => {
    pairs.flat().forEach((socket) => socket.destroy())
    gateway.close()
  })
  const forget = (): void => {
    for (const [inside, outside] of pairs) {
      inside.unpipe(outside).resume()
      outside.unpipe(inside).resume()
    }
  }
  return { url: url.href, forget, connections: () => pairs.length }
}

const listeners: Record<string, (url: string) => PostgresListener> = {
  'of a pool': (url) => {
    const pool = new Pool({ connectionString: url, max: 1 })
    pool.on('error', () => undefined)
    opened.push(() => void pool.end())
    return () => pool.connect()
  },
  'of its own': (url) => async () => {
    const client = new Client(url)
    client.on('error', () => undefined)
    await client.connect()
    return client
  },
}

test.each(Object.keys(listeners))(
  'a listening connection %s that a gateway has forgotten is replaced',
  async (kind) => {
    const gateway = await openGateway()
    const pool = new Pool({ connectionString: server.url() })
    opened.push(() => pool.end())
    const store = postgresStore(pool, { listener: listeners[kind]?.(gateway.url) })
    await store.migrate()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let timesTold = 0
    opened.push(store.watch?.('key', () => timesTold++) as () => void)
    const told = (times: number): Promise<void> => vi.waitFor(() => expect(timesTold).toBe(times), poll)
    await told(1)
    gateway.forget()
    await store.swap('key', (await store.read('key'))?.revision, signedOut)
    // The next try, its answer that does not come, and the pause before another connection.
    for (const seconds of [30, 6, 2]) await vi.advanceTimersByTimeAsync(seconds * 1000)
    await told(2)
    expect(gateway.connections()).toBe(2)
    await store.swap('key', (await store.read('key'))?.revision, { ...signedOut, generation: 2 })
    await told(3)
  },
)
