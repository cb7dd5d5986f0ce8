// One process of the fleet: it keeps the sessions of all customers fresh, and calls an API for any of them.
import { clientSecretBasic, createTokenPool, type PoolMetrics, type TokenPool } from 'evergrant/node'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from './store.js'

/** What a worker is told when it is started. */
export interface WorkerSettings {
  readonly issuer: string
  readonly clientId: string
  readonly secret: string
  /** Where the sessions are. */
  readonly storeUrl: string
  readonly api: string
  readonly customers: readonly string[]
}

/** What a worker tells once a second. */
export interface WorkerReport {
  readonly metrics: PoolMetrics
  readonly calls: number
  /** Why calls failed. */
  readonly failedCalls: readonly string[]
}

const reportMs = 1000
const pauseMs = 50
const patienceMs = 15_000

async function work({ issuer, clientId, secret, storeUrl, api, customers }: WorkerSettings): Promise<void> {
  const { store, close } = await openStore(storeUrl)
  const pool = createTokenPool({
    issuer,
    clientId,
    clientAuth: clientSecretBasic(secret),
    store,
    allowedOrigins: [new URL(api).origin],
    maxRenewalsPerSecond: 50,
    idleSeconds: 10,
  })
  pool.add(customers)
  const calls = new Calls(pool, api)
  const report = (): unknown => process.send?.({ metrics: pool.metrics(), ...calls.figures() } satisfies WorkerReport)
  const timer = setInterval(report, reportMs)

  const orders = new AbortController()
  // Ctrl-C reaches all processes of a terminal, but it is the demo that says when to stop.
  process.on('SIGINT', () => undefined)
  process.once('message', () => orders.abort())
  while (!orders.signal.aborted) {
    await calls.makeFor(customers[Math.floor(Math.random() * customers.length)] ?? '')
    await sleep(pauseMs)
  }

  clearInterval(timer)
  // Finishes the renewals that are under way.
  await pool[Symbol.asyncDispose]()
  report()
  await close()
  process.disconnect()
}

/** Calls the API, as requests of customers would. */
class Calls {
  #made = 0
  readonly #failed: string[] = []

  constructor(
    private readonly pool: TokenPool,
    private readonly api: string,
  ) {}

  async makeFor(customer: string): Promise<void> {
    this.#made++
    try {
      const response = await this.pool.session(customer).fetch(this.api, { signal: AbortSignal.timeout(patienceMs) })
      const { subject } = (await response.json()) as { readonly subject?: string }
      if (subject !== customer) this.#failed.push(`the API answers ${response.status}, for ${subject ?? 'nobody'}`)
    } catch (error) {
      this.#failed.push(String(error))
    }
  }

  figures(): Pick<WorkerReport, 'calls' | 'failedCalls'> {
    return { calls: this.#made, failedCalls: this.#failed }
  }
}

process.once('disconnect', () => process.exit())
process.once('message', (settings) => void work(settings as WorkerSettings))
