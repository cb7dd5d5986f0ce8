import { fork, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTokenManager, type StoredRecord } from '../../src/node.js'
import { createAuthorizationServer, nodeListener, type RotationPolicy } from '../../src/testing.js'
import type { AuthorizationServer } from '../../src/testing.js'
import { Random } from '../simulation/random.js'
import { listen } from '../support/listen.js'
import { makeProgram, type Program } from '../support/program.js'
import { startBackend, type Backend } from './backends.js'
import { openStore, type OpenStore, type Place } from './places.js'
import { Tally, type Figures } from './tally.js'
import type { WorkerReport, WorkerTask } from './worker.js'

/** How to run a fleet: many processes that share one session. */
export interface FleetOptions {
  readonly store: Place['kind']
  readonly processes: number
  /** How many access tokens are to be outlived. */
  readonly expiries: number
  readonly rotation: RotationPolicy
  readonly trouble?: Trouble | undefined
  readonly seed: number
  readonly longestMs: number
  /** Called from time to time with what is known so far. */
  onProgress?(result: FleetResult): void
}

/** What happens to a fleet, at random. */
export interface Trouble {
  /** Kills a process this often, and starts another in its place. */
  readonly killEveryMs?: number
  /** Stops a process this often, for up to `longestStopMs`. */
  readonly stopEveryMs?: number
  readonly longestStopMs?: number
  /** Restarts Redis, or ends all connections to PostgreSQL, this often. */
  readonly disturbEveryMs?: number
}

/** What came of it. */
export interface FleetResult extends Figures {
  readonly store: Place['kind']
  readonly seconds: number
  /** How many access tokens became due. */
  readonly expiries: number
  readonly tokenRequests: number
  readonly requestsPerExpiry: number
  /** Uses of a refresh token by their outcome. */
  readonly outcomes: Readonly<Record<string, number>>
  /** How many requests came before the token they replaced was due. */
  readonly early: number
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
  const backend = await startBackend(options.store)
  const program = await makeProgram(new URL('./worker.ts', import.meta.url))
  const own = await openStore(backend.place)
  const fleet = new Fleet(options, { server, arrivals, backend, own, program })
  try {
    return await fleet.run()
  } finally {
    await fleet.end()
    http.closeAllConnections()
    http.close()
    await own.close()
    await program.remove()
    await backend.remove()
  }
}

interface Surroundings {
  readonly server: AuthorizationServer
  readonly arrivals: readonly number[]
  readonly backend: Backend
  readonly own: OpenStore
  readonly program: Program
}

class Fleet {
  readonly #workers = new Set<ChildProcess>()
  readonly #random: Random
  readonly #tally: Tally
  readonly #startedAt = performance.now()

  constructor(
    private readonly options: FleetOptions,
    private readonly around: Surroundings,
  ) {
    this.#random = new Random(options.seed)
    this.#tally = new Tally((token) => around.server.inspect(token)?.expiresAt ?? 0)
  }

  async run(): Promise<FleetResult> {
    const { processes, expiries, trouble = {}, longestMs } = this.options
    await this.#signIn()
    for (let count = 0; count < processes; count++) this.#start()
    const due = [
      every(trouble.killEveryMs, () => this.#kill()),
      every(trouble.stopEveryMs, () => this.#pause(trouble.longestStopMs ?? 0)),
      every(trouble.disturbEveryMs, () => this.#disturb()),
      every(progressMs, () => this.#look()),
    ]
    while (this.#expiries() < expiries && performance.now() - this.#startedAt < longestMs) {
      for (const act of due) await act()
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
    for (const worker of this.#workers) {
      worker.kill('SIGCONT')
      if (worker.connected) worker.send('stop')
    }
    await Promise.race([Promise.all(over), sleep(farewellMs)])
    for (const worker of this.#workers) {
      this.#tally.note(`process ${worker.pid} did not end by itself`)
      worker.kill('SIGKILL')
    }
    await Promise.all(over)
  }

  async #signIn(): Promise<void> {
    const { server, own } = this.around
    const options = { issuer: server.issuer, clientId: 'client', store: own.store, autoRenew: false }
    await using tokens = createTokenManager(options)
    await tokens.setTokens(await server.signIn())
  }

  #start(): void {
    const { server, backend, program } = this.around
    const task: WorkerTask = { issuer: server.issuer, place: backend.place }
    const worker = fork(program.path, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#workers.add(worker)
    // It may be killed while it is being told to stop.
    worker.on('error', () => undefined)
    worker.on('message', (report) => this.#tally.take(report as WorkerReport))
    worker.on('exit', (code, signal) => {
      this.#workers.delete(worker)
      if (code !== 0 && signal !== 'SIGKILL') this.#tally.note(`a process ended with ${code ?? signal}`)
    })
  }

  #kill(): void {
    if (this.#workers.size > 0) this.#random.pick([...this.#workers]).kill('SIGKILL')
    this.#tally.kills++
    this.#start()
  }

  #pause(longestMs: number): void {
    if (this.#workers.size === 0) return
    const worker = this.#random.pick([...this.#workers])
    worker.kill('SIGSTOP')
    this.#tally.stops++
    setTimeout(() => worker.kill('SIGCONT'), this.#random.next() * longestMs).unref()
  }

  async #disturb(): Promise<void> {
    if (!this.around.backend.disturb) return
    await this.around.backend.disturb()
    this.#tally.disturbances++
  }

  /** Reports, and signs in anew where a strict server has ended the session. */
  async #look(): Promise<void> {
    const record = await this.#stored()
    if (record?.state === 'ended') {
      this.#tally.lose(record.reason)
      await this.#signIn()
    }
    this.options.onProgress?.(this.#figures(record))
  }

  #expiries(): number {
    return this.around.server.redemptions.filter(({ outcome }) => outcome === 'accepted').length
  }

  async #stored(): Promise<StoredRecord | undefined> {
    const { own, server } = this.around
    return (await own.store.read(`evergrant ${server.issuer} client default`).catch(() => undefined))?.record
  }

  async #result(): Promise<FleetResult> {
    return this.#figures(await this.#stored())
  }

  #figures(record: StoredRecord | undefined): FleetResult {
    const { server, arrivals } = this.around
    const { redemptions, tokenRequests } = server
    const outcomes: Record<string, number> = {}
    for (const { outcome } of redemptions) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    const refreshToken = record?.state === 'live' ? record.refreshToken : undefined
    const expiries = this.#expiries()
    return {
      store: this.options.store,
      seconds: Math.round((performance.now() - this.#startedAt) / 1000),
      expiries,
      tokenRequests,
      requestsPerExpiry: tokenRequests / expiries,
      outcomes,
      early: arrivals.filter((at, index) => at - (arrivals[index - 1] ?? -Infinity) < soonestMs).length,
      ...this.#tally.figures(),
      isLost: refreshToken === undefined || !server.inspect(refreshToken)?.isUsable,
    }
  }
}

/** Calls `act` when its time has come again, each time it is asked. */
function every(ms: number | undefined, act: () => Promise<void> | void): () => Promise<void> | void {
  let dueAt = performance.now() + (ms ?? Infinity)
  return () => {
    if (performance.now() < dueAt) return
    dueAt = performance.now() + (ms ?? Infinity)
    return act()
  }
}
