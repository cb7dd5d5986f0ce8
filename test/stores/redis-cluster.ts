import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster } from 'ioredis'
import { freePort } from '../support/listen.js'
import { RedisServer } from '../support/redis-server.js'

const longestMeetingMs = 15_000

/** Two servers that share the keys among them. */
export interface RedisCluster {
  readonly url: string
  /** Runs a command where its key lies. */
  command(name: string, key: string, ...args: string[]): Promise<unknown>
  remove(): Promise<void>
}

export async function startCluster(): Promise<RedisCluster> {
  const nodes = [await startNode('0', '8191'), await startNode('8192', '16383')] as const
  const [{ server }, { server: other, busPort }] = nodes
  await server.command('CLUSTER', 'MEET', '127.0.0.1', String(other.port), String(busPort))
  for (const giveUpAt = performance.now() + longestMeetingMs; ;) {
    const states = await Promise.all([server, other].map((node) => node.command('CLUSTER', 'INFO')))
    if (states.every((state) => String(state).includes('cluster_state:ok'))) break
    if (performance.now() > giveUpAt) throw new Error('the nodes of the cluster do not find each other')
    await sleep(50)
  }
  const client = new Cluster([server.url])
  return {
    url: server.url,
    command: (name, key, ...args) => client.call(name, key, ...args),
    async remove() {
      client.disconnect()
      await Promise.all([server.remove(), other.remove()])
    },
  }
}

async function startNode(firstSlot: string, lastSlot: string): Promise<{ server: RedisServer; busPort: number }> {
  const busPort = await freePort()
  const server = await RedisServer.start('--cluster-enabled', 'yes', '--cluster-port', String(busPort))
  await server.command('CLUSTER', 'ADDSLOTSRANGE', firstSlot, lastSlot)
  return { server, busPort }
}
