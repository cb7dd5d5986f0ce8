import { randomUUID } from 'node:crypto'
import { describe, test } from 'vitest'
import { redisStore } from '../../src/redis.js'
import { testStore, type StoreBackend } from '../../src/testing.js'
import { useRedis, useServer } from '../support/use-redis.js'
import { startCluster, type RedisCluster } from './redis-cluster.js'
import {
  openIoRedis,
  openIoRedisCluster,
  openNodeRedis,
  openNodeRedisCluster,
  openNodeRedisPool,
  type OpenClient,
} from './redis-clients.js'

/** A part of a database that belongs to one test, and the clients that it has opened. */
interface Place {
  readonly prefix: string
  readonly clients: OpenClient[]
}

type Kind = Parameters<NonNullable<StoreBackend<Place>['content']>['plant']>[2]

const planted: Readonly<Record<Kind, string>> = {
  corrupt: 'x\n{"format":1,"state":"live","sessionId":"session","gener',
  foreign: '[default]\naws_access_key_id = AKIA\n',
  newer: 'x\n{"format":2,"state":"dancing"}',
}

/** What is needed of a server or a cluster. */
type Server = Pick<RedisCluster, 'url' | 'command'>

function backend(server: () => Server, open: (url: string) => Promise<OpenClient>): StoreBackend<Place> {
  const raw = async (name: string): Promise<string | undefined> =>
    ((await server().command('GET', name)) as string | null) ?? undefined
  return {
    makePlace: () => ({ prefix: `${randomUUID()}:`, clients: [] }),
    async open({ prefix, clients }) {
      const opened = await open(server().url)
      clients.push(opened)
      return redisStore(opened.client, { prefix, subscriber: opened.subscriber })
    },
    removePlace: ({ clients }) => clients.forEach(({ close }) => close()),
    content: {
      plant: async ({ prefix }, key, kind) => void (await server().command('SET', `${prefix}{${key}}`, planted[kind])),
      raw: ({ prefix }, key) => raw(`${prefix}{${key}}`),
      setAside: ({ prefix }, key) => raw(`${prefix}{${key}}:corrupt`),
    },
  }
}

describe('the Redis store', () => {
  const server = useRedis()

  describe('with a client of ioredis', () => testStore(test, backend(server, openIoRedis)))
  describe('with a client of node-redis', () => testStore(test, backend(server, openNodeRedis)))
  describe('with a pool of node-redis', () => testStore(test, backend(server, openNodeRedisPool)))
})

describe('the Redis store in a cluster', () => {
  const cluster = useServer(startCluster)

  describe('with a client of ioredis', () => testStore(test, backend(cluster, openIoRedisCluster)))
  describe('with a client of node-redis', () => testStore(test, backend(cluster, openNodeRedisCluster)))
})
