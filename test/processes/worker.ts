import { createTokenManager, isEvergrantError } from '../../src/node.js'
import { openStore, type Place } from './places.js'

/** What a worker is told when it is started. */
export interface WorkerTask {
  readonly issuer: string
  readonly place: Place
}

/** What a worker has seen since its last report. */
export interface WorkerReport {
  /** When the last call began that was given each token. */
  readonly served: readonly { readonly token: string; readonly lastAt: number }[]
  readonly calls: number
  readonly longestWaitMs: number
  readonly failures: readonly string[]
}

const reportMs = 250
const longestPauseMs = 20

/** One of many processes with one session: it asks for tokens all the time, until it is told to stop. */
async function work({ issuer, place }: WorkerTask): Promise<void> {
  let isOver = false
  process.on('message', () => (isOver = true))
  // Nobody is left to report to.
  process.on('disconnect', () => process.exit())
  const { store, close } = await openStore(place)
  const tokens = createTokenManager({ issuer, clientId: 'client', store, autoRenew: false })
  let report = new Report()
  for (let reportAt = 0; !isOver;) {
    const [calledAt, startedAt] = [Date.now(), performance.now()]
    await tokens.getAccessToken().then(
      (token) => report.add(token, calledAt),
      (error: unknown) => report.fail(error),
    )
    report.waited(performance.now() - startedAt)
    if (performance.now() > reportAt) {
      report.send()
      report = new Report()
      reportAt = performance.now() + reportMs
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * longestPauseMs))
  }
  report.send()
  await tokens[Symbol.asyncDispose]()
  await close()
}

class Report {
  readonly #served = new Map<string, number>()
  readonly #failures: string[] = []
  #calls = 0
  #longestWaitMs = 0

  add(token: string, calledAt: number): void {
    this.#served.set(token, calledAt)
  }

  fail(error: unknown): void {
    const code = isEvergrantError(error) ? error.code : 'foreign'
    this.#failures.push(`${code}: ${error instanceof Error ? error.message : String(error)}`)
  }

  waited(ms: number): void {
    this.#calls++
    this.#longestWaitMs = Math.max(this.#longestWaitMs, ms)
  }

  send(): void {
    const served = Array.from(this.#served, ([token, lastAt]) => ({ token, lastAt }))
    const report: WorkerReport = {
      served,
      calls: this.#calls,
      longestWaitMs: this.#longestWaitMs,
      failures: this.#failures,
    }
    process.send?.(report)
  }
}

await work(JSON.parse(process.argv[2] ?? '') as WorkerTask)
process.disconnect()
