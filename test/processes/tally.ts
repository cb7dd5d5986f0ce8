import type { WorkerReport } from './worker.js'

/** What the processes of a fleet went through and saw. */
export interface Figures {
  readonly kills: number
  readonly stops: number
  readonly disturbances: number
  readonly calls: number
  readonly longestWaitMs: number
  /** Tokens that were given to calls which began after their end. The system may pause a process before it uses one. */
  readonly expiredServed: number
  /** Why calls failed, and how often. */
  readonly failures: Readonly<Record<string, number>>
  /** Why sessions ended, and how often. */
  readonly losses: Readonly<Record<string, number>>
}

/** Adds up what is reported. */
export class Tally {
  kills = 0
  stops = 0
  disturbances = 0
  #calls = 0
  #longestWaitMs = 0
  #expiredServed = 0
  readonly #failures = new Map<string, number>()
  readonly #losses = new Map<string, number>()

  constructor(private readonly expiryOf: (token: string) => number) {}

  take({ served, calls, longestWaitMs, failures }: WorkerReport): void {
    this.#calls += calls
    this.#longestWaitMs = Math.max(this.#longestWaitMs, longestWaitMs)
    for (const { token, lastAt } of served) if (lastAt >= this.expiryOf(token)) this.#expiredServed++
    failures.forEach((failure) => this.note(failure))
  }

  note(failure: string): void {
    this.#failures.set(failure, (this.#failures.get(failure) ?? 0) + 1)
  }

  lose(reason: string): void {
    this.#losses.set(reason, (this.#losses.get(reason) ?? 0) + 1)
  }

  figures(): Figures {
    const { kills, stops, disturbances } = this
    return {
      kills,
      stops,
      disturbances,
      calls: this.#calls,
      longestWaitMs: Math.round(this.#longestWaitMs),
      expiredServed: this.#expiredServed,
      failures: Object.fromEntries(this.#failures),
      losses: Object.fromEntries(this.#losses),
    }
  }
}
