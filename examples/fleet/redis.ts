import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../common/loopback-server.js'

const longestStartMs = 10_000
/** Ends the program when its own input does, as it does when this process ends in whatever way. */
const tether = '"$@" & cat > /dev/null; kill "$!"; wait "$!"'

/** A Redis that was started for the demo. */
export interface OwnRedis {
  readonly url: string
  close(): Promise<void>
}

/** Starts a `redis-server` on a free port, which keeps nothing on the disk. */
export async function startRedis(): Promise<OwnRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'evergrant-fleet-redis-'))
  const port = await freePort()
  const command = ['redis-server', '--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '']
  // In a group of its own, so that Ctrl-C does not end it before the workers.
  const child = spawn('sh', ['-c', tether, 'sh', ...command], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  const close = async (): Promise<void> => {
    const ended = once(child, 'exit')
    child.stdin.end()
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  for (const giveUpAt = performance.now() + longestStartMs; !(await accepts(port)); await sleep(50)) {
    if (performance.now() < giveUpAt) continue
    await close()
    throw new Error(
      'redis-server does not start: install it (on Debian: apt-get install redis-server) or set REDIS_URL',
    )
  }
  return { url: `redis://127.0.0.1:${port}`, close }
}

function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).finally(() => socket.destroy())
}
