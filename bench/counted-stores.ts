import { fileStore, type TokenStore } from 'evergrant/node'
import { postgresStore } from 'evergrant/postgres'
import { redisStore } from 'evergrant/redis'
import { Redis } from 'ioredis'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Pool } from 'pg'
import { readManifest, repository } from '../test/package/installed-package.js'
import { startPostgres } from '../test/support/postgres-server.js'
import { RedisServer } from '../test/support/redis-server.js'

/** A store on this machine whose trips are counted. */
export interface CountedStore {
  readonly store: TokenStore
  /** What it is, with versions. */
  readonly name: string
  readonly counters: readonly Counter[]
  remove(): Promise<void>
}

/** Counts something that a store does. */
export interface Counter {
  readonly what: string
  count: number
  /** How often it should happen in a renewal at most. */
  readonly budget?: number
}

const mostTrips = 2

/** A file has no client: what the store is asked for counts. */
export async function openFile(): Promise<CountedStore> {
  const swaps: Counter = { what: 'swaps of the file per renewal', count: 0, budget: mostTrips }
  const reads: Counter = { what: 'reads of the file per renewal, since it is watched', count: 0 }
  const folder = await mkdtemp(path.join(tmpdir(), 'evergrant-bench-'))
  const { read, swap, ...rest } = fileStore(path.join(folder, 'session.json'))
  return {
    store: {
      ...rest,
      read: (key) => (reads.count++, read(key)),
      swap: (key, expected, next) => (swaps.count++, swap(key, expected, next)),
    },
    name: 'a file',
    counters: [swaps, reads],
    remove: () => rm(folder, { recursive: true }),
  }
}

/** Every command of ioredis goes through `sendCommand`. */
export async function openRedis(): Promise<CountedStore> {
  const commands: Counter = { what: 'commands to Redis per renewal', count: 0, budget: mostTrips }
  const server = await RedisServer.start('--appendfsync', 'everysec')
  const client = new Redis(server.url)
  client.on('error', () => undefined)
  const sendCommand = client.sendCommand.bind(client)
  client.sendCommand = (...args) => (commands.count++, sendCommand(...args))
  const [, version = ''] = /redis_version:(\S+)/.exec(await client.info('server')) ?? []
  return {
    store: redisStore(client),
    name: `Redis ${version} (ioredis ${await versionOf('ioredis')})`,
    counters: [commands],
    async remove() {
      client.disconnect()
      await server.remove()
    },
  }
}

/** Every statement of a pool is a `query` on one of its connections, and that is one trip. */
export async function openPostgres(): Promise<CountedStore> {
  const statements: Counter = { what: 'statements to PostgreSQL per renewal', count: 0, budget: mostTrips }
  const server = await startPostgres({ fsync: 'on', full_page_writes: 'on' })
  const pool = new Pool({ connectionString: server.url() })
  pool.on('error', () => undefined)
  pool.on('connect', (connection) => {
    const query = connection.query.bind(connection) as (...args: unknown[]) => unknown
    connection.query = ((...args: unknown[]) => (statements.count++, query(...args))) as typeof connection.query
  })
  const store = postgresStore(pool)
  await store.migrate()
  const { rows } = await pool.query<{ server_version: string }>('SHOW server_version')
  return {
    store,
    name: `PostgreSQL ${rows[0]?.server_version} (pg ${await versionOf('pg')})`,
    counters: [statements],
    async remove() {
      await pool.end()
      await server.remove()
    },
  }
}

async function versionOf(library: string): Promise<string> {
  return (await readManifest(path.join(repository, 'node_modules', library))).version
}
