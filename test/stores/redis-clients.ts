import { Cluster, Redis } from 'ioredis'
import { createClient, createClientPool, createCluster, type RedisClientOptions } from 'redis'
import type { RedisClient, RedisSubscriber } from '../../src/redis.js'

/** A client of one of the libraries, with a second connection that may subscribe. */
export interface OpenClient {
  readonly client: RedisClient
  readonly subscriber: RedisSubscriber
  close(): void
}

/** The libraries whose clients the store takes. */
export const libraries = [
  ['ioredis', openIoRedis],
  ['node-redis', openNodeRedis],
] as const

/** Connects as a program would that waits for Redis for as long as it takes. */
export async function openIoRedis(url: string, options: { maxRetriesPerRequest?: number } = {}): Promise<OpenClient> {
  const client = new Redis(url, { ...options, lazyConnect: true })
  const subscriber = client.duplicate()
  for (const connection of [client, subscriber]) {
    connection.on('error', () => undefined)
    await connection.connect()
  }
  const close = (): void => [client, subscriber].forEach((connection) => connection.disconnect())
  return { client, subscriber, close }
}

export async function openNodeRedis(url: string, options: RedisClientOptions = {}): Promise<OpenClient> {
  const client = createClient({ ...options, url })
  const subscriber = client.duplicate()
  for (const connection of [client, subscriber]) {
    connection.on('error', () => undefined)
    await connection.connect()
  }
  return { client, subscriber, close: () => [client, subscriber].forEach((connection) => connection.destroy()) }
}

export async function openNodeRedisPool(url: string): Promise<OpenClient> {
  const { subscriber, close } = await openNodeRedis(url)
  const pool = createClientPool({ url }, { minimum: 2 })
  pool.on('error', () => undefined)
  await pool.connect()
  return {
    client: pool,
    subscriber,
    close: () => {
      pool.destroy()
      close()
    },
  }
}

export async function openIoRedisCluster(url: string): Promise<OpenClient> {
  const [client, subscriber] = [new Cluster([url]), new Cluster([url])]
  for (const connection of [client, subscriber]) connection.on('error', () => undefined)
  return { client, subscriber, close: () => [client, subscriber].forEach((connection) => connection.disconnect()) }
}

/** A message to one node reaches subscribers at all of them. */
export async function openNodeRedisCluster(url: string): Promise<OpenClient> {
  const client = createCluster({ rootNodes: [{ url }] })
  const subscriber = createClient({ url })
  for (const connection of [client, subscriber]) {
    connection.on('error', () => undefined)
    await connection.connect()
  }
  return { client, subscriber, close: () => [client, subscriber].forEach((connection) => connection.destroy()) }
}
