import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { TestContext } from 'vitest'
import { findProgram } from './engines/find-program.js'
import { startTethered, type Tethered } from './engines/tethered.js'
import { freePort } from './listen.js'

const longestStartMs = 10_000
const howToInstall = 'redis-server is missing; on Debian: apt-get install redis-server'

/** To be called before each test that needs Redis: where there is none the test is skipped, and in CI it fails. */
export function requireRedis(test: TestContext): void {
  if (hasRedis()) return
  if (process.env.CI) throw new Error(howToInstall)
  test.skip(howToInstall)
}

export function hasRedis(): boolean {
  return findProgram('redis-server') !== undefined
}

/** A Redis of our own, on a free port of this machine, that keeps what it is told in a folder of its own. */
export class RedisServer {
  #process: Tethered | undefined

  private constructor(
    private readonly program: string,
    private readonly folder: string,
    readonly port: number,
    private readonly settings: readonly string[],
  ) {}

  /** Starts one. `settings` are more of its command line, such as `['--maxmemory', '4mb']`. */
  static async start(...settings: string[]): Promise<RedisServer> {
    const program = findProgram('redis-server')
    if (program === undefined) throw new Error(howToInstall)
    const folder = await mkdtemp(join(tmpdir(), 'evergrant-redis-'))
    const server = new RedisServer(program, folder, await freePort(), settings)
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it with what its folder holds, after it was stopped. */
  async start(): Promise<void> {
    const place = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.folder]
    const persistence = ['--appendonly', 'yes', '--appendfsync', 'no', '--save', '']
    const haste = ['--repl-diskless-sync-delay', '0', '--shutdown-timeout', '0', '--shutdown-on-sigterm', 'force']
    this.#process = startTethered(this.program, [...place, ...persistence, ...haste, ...this.settings])
    for (const giveUpAt = performance.now() + longestStartMs; ;) {
      // It may also be loading.
      const answer = await this.command('PING').catch(() => undefined)
      if (answer === 'PONG') return
      if (performance.now() > giveUpAt) throw new Error('redis-server does not answer')
      await sleep(10)
    }
  }

  async stop(): Promise<void> {
    await this.#process?.stop()
    this.#process = undefined
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** As after a failure of a machine that had no persistence. */
  async restartEmpty(): Promise<void> {
    await this.stop()
    await rm(this.folder, { recursive: true })
    await mkdir(this.folder)
    await this.start()
  }

  async configure(setting: string, value: string): Promise<void> {
    await this.command('CONFIG', 'SET', setting, value)
  }

  /** Runs a command on a connection of its own. */
  async command(name: string, ...args: (string | Buffer)[]): Promise<unknown> {
    const client = new Redis(this.port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return await client.call(name, ...args)
    } finally {
      client.disconnect()
    }
  }

  async remove(): Promise<void> {
    await this.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}
