import path from 'node:path'
import { readManifest, repository } from '../package/installed-package.js'
import { freePort } from '../support/listen.js'
import { RedisServer } from '../support/redis-server.js'
import type { TroubledStore } from './troubles.js'

/** A Redis that runs out of memory, becomes a replica of one that is gone, or is stopped. */
export async function startRedisTroubles(): Promise<TroubledStore> {
  const server = await RedisServer.start()
  const nowhere = String(await freePort())
  const [, version = 'unknown'] = /redis_version:(\S+)/.exec(String(await server.command('INFO', 'server'))) ?? []
  const client = await readManifest(path.join(repository, 'node_modules/ioredis'))
  return {
    place: { kind: 'redis', address: server.url },
    versions: { redis: version, ioredis: client.version },
    troubles: [
      {
        name: 'out of memory',
        isSilent: false,
        begin: () => server.configure('maxmemory', '1'),
        heal: () => server.configure('maxmemory', '0'),
      },
      {
        name: 'read-only replica',
        isSilent: false,
        begin: () => server.command('REPLICAOF', '127.0.0.1', nowhere),
        heal: () => server.command('REPLICAOF', 'NO', 'ONE'),
      },
      // The client waits for it to come back, with the command in its queue.
      { name: 'stopped', isSilent: true, begin: () => server.stop(), heal: () => server.restart() },
    ],
    remove: () => server.remove(),
  }
}
