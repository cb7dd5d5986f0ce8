import { fork, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTokenManager, fileStore } from '../../src/node.js'
import { createAuthorizationServer, nodeListener, type RotationPolicy } from '../../src/testing.js'
import type { AuthorizationServer } from '../../src/testing.js'
import { Random } from '../simulation/random.js'
import { listen } from '../support/listen.js'
import { makeProgram, type Program } from '../support/program.js'
import type { WorkerReport, WorkerTask } from './worker.js'

/** How to run a fleet: many processes that share one session in one file. */
export interface FleetOptions {
  readonly processes: number
  /** How many access tokens are to be outlived. */
  readonly expiries: number
  readonly rotation: RotationPolicy
  /** Kills a process at random this often, and starts another in its place. */
  readonly killEveryMs?: number | undefined
  readonly seed: number
  readonly longestMs: number
  /** Called from time to time with what is known so far. */
  onProgress?(result: FleetResult): void
}

/** What came of it. */
export interface FleetResult {
  readonly seconds: number
  readonly kills: number
  /** How many access tokens became due. */
  readonly expiries: number
  readonly tokenRequests: number
  readonly requestsPerExpiry: number
  /** Uses of a refresh token by their outcome. */
  readonly outcomes: Readonly<Record<string, number>>
  /** How many requests came before the token they replaced was due. */
  readonly early: number
  readonly calls: number
  readonly longestWaitMs: number
  /** Tokens that were given to calls which began after their end. The system may pause a process before it uses one. */
  readonly expiredServed: number
  /** Why calls failed, and how often. */
  readonly failures: Readonly<Record<string, number>>
  /** Whether the stored session can no longer be renewed. While a renewal is under way that may look so. */
  readonly isLost: boolean
}

const accessTokenSeconds = 1
const latencyMs = 100
/** A token is due when a quarter of its life is left, or a little earlier to spread the load: see `countLifetime`. */
const earliestDueMs = accessTokenSeconds * 1000 * (1 - 0.25 * 1.2)
/** How much longer one request may be on its way than the next: server and holders share a few processors. */
const arrivalToleranceMs = 250
const soonestMs = earliestDueMs - arrivalToleranceMs
const progressMs = 1000
const farewellMs = 15_000

/** Runs a fleet until enough tokens have been outlived, or for as long as it may take. */
export async function runFleet(options: FleetOptions): Promise<FleetResult> {
  const folder = await mkdtemp(join(tmpdir(), 'evergrant-fleet-'))
  const http = createServer((incoming, outgoing) =>
    nodeListener((request) => server.handle(request))(incoming, outgoing),
  )
  const port = await listen(http)
  const arrivals: number[] = []
  const server = createAuthorizationServer({
    issuer: `http://127.0.0.1:${port}`,
    rotation: options.rotation,
    accessTokenSeconds,
    fault() {
      arrivals.push(performance.now())
      return { type: 'delay', requestMs: latencyMs / 2, responseMs: latencyMs / 2 }
    },
  })
  const program = await makeProgram(new URL('./worker.ts', import.meta.url))
  const fleet = new Fleet(options, server, arrivals, join(folder, 'session.json'), program)
  try {
    return await fleet.run()
  } finally {
    await fleet.end()
    http.closeAllConnections()
    http.close()
    await program.remove()
    await rm(folder, { recursive: true, force: true })
  }
}

class Fleet {
  readonly #workers = new Set<ChildProcess>()
  readonly #random: Random
  readonly #startedAt = performance.now()
  #kills = 0
  #calls = 0
  #longestWaitMs = 0
  #expiredServed = 0
  readonly #failures = new Map<string, number>()

  constructor(
    private readonly options: FleetOptions,
    private readonly server: AuthorizationServer,
    private readonly arrivals: readonly number[],
    private readonly path: string,
    private readonly program: Program,
  ) {
    this.#random = new Random(options.seed)
  }

  async run(): Promise<FleetResult> {
    const { processes, expiries, killEveryMs = Infinity, longestMs, onProgress } = this.options
    await this.#signIn()
    for (let count = 0; count < processes; count++) this.#start()
    let [killAt, progressAt] = [performance.now() + killEveryMs, 0]
    while (this.#expiries() < expiries && performance.now() - this.#startedAt < longestMs) {
      const now = performance.now()
      if (now >= killAt) {
        killAt += killEveryMs
        this.#kill()
      }
      if (now >= progressAt) {
        progressAt = now + progressMs
        onProgress?.(await this.#result())
      }
      await sleep(10)
    }
    await this.end()
    return this.#result()
  }

  /** Lets all processes finish what they are doing, and ends those that do not. */
  async end(): Promise<void> {
    const over = [...this.#workers].map(
      (worker) => new Promise<void>((resolve) => worker.once('exit', () => resolve())),
    )
    for (const worker of this.#workers) if (worker.connected) worker.send('stop')
    await Promise.race([Promise.all(over), sleep(farewellMs)])
    for (const worker of this.#workers) {
      this.#note(`process ${worker.pid} did not end by itself`)
      worker.kill('SIGKILL')
    }
    await Promise.all(over)
  }

  async #signIn(): Promise<void> {
    const { issuer } = this.server
    await using tokens = createTokenManager({
      issuer,
      clientId: 'client',
      store: fileStore(this.path),
      autoRenew: false,
    })
    await tokens.setTokens(await this.server.signIn())
  }

  #start(): void {
    const task: WorkerTask = { issuer: this.server.issuer, path: this.path }
    const worker = fork(this.program.path, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#workers.add(worker)
    worker.on('message', (report) => this.#take(report as WorkerReport))
    worker.on('exit', (code, signal) => {
      this.#workers.delete(worker)
      if (code !== 0 && signal !== 'SIGKILL') this.#note(`a process ended with ${code ?? signal}`)
    })
  }

  #kill(): void {
    this.#random.pick([...this.#workers]).kill('SIGKILL')
    this.#kills++
    this.#start()
  }

  #take({ served, calls, longestWaitMs, failures }: WorkerReport): void {
    this.#calls += calls
    this.#longestWaitMs = Math.max(this.#longestWaitMs, longestWaitMs)
    for (const { token, lastAt } of served) {
      const expiresAt = this.server.inspect(token)?.expiresAt ?? 0
      if (lastAt >= expiresAt) this.#expiredServed++
    }
    failures.forEach((failure) => this.#note(failure))
  }

  #note(failure: string): void {
    this.#failures.set(failure, (this.#failures.get(failure) ?? 0) + 1)
  }

  #expiries(): number {
    return this.server.redemptions.filter(({ outcome }) => outcome === 'accepted').length
  }

  async #result(): Promise<FleetResult> {
    const { redemptions, tokenRequests, issuer } = this.server
    const outcomes: Record<string, number> = {}
    for (const { outcome } of redemptions) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    const stored = await fileStore(this.path).read(`evergrant ${issuer} client default`)
    const refreshToken = stored?.record.state === 'live' ? stored.record.refreshToken : undefined
    const expiries = this.#expiries()
    return {
      seconds: Math.round((performance.now() - this.#startedAt) / 1000),
      kills: this.#kills,
      expiries,
      tokenRequests,
      requestsPerExpiry: tokenRequests / expiries,
      outcomes,
      early: this.arrivals.filter((at, index) => at - (this.arrivals[index - 1] ?? -Infinity) < soonestMs).length,
      calls: this.#calls,
      longestWaitMs: Math.round(this.#longestWaitMs),
      expiredServed: this.#expiredServed,
      failures: Object.fromEntries(this.#failures),
      isLost: refreshToken === undefined || !this.server.inspect(refreshToken)?.isUsable,
    }
  }
}
