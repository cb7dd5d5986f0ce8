import type { Environment } from './environment.js'
import { EvergrantError } from './errors.js'

/** How soon a caller has given up: who would come later than that is told at once. */
const longestQueueMs = 10_000
/** Of an outage, the pace knows this much: one request in a second goes on asking. */
const slowestPerSecond = 1
/** One failure says as much as a hundred in the same moment. */
const slowdownMs = 1000
/** Steps from the slowest to the full pace. */
const steps = 200
const longestPauseMs = 60_000
/** Timers are late by a moment; so much is caught up. */
const lateMs = 50

/**
 * Lets requests go one after the other, no more in a second than the ceiling. While a server fails, the pace is halved
 * every second, and it comes back with each success, so that a server which is back is not run over.
 */
export class Pace {
  readonly #urgent: (() => void)[] = []
  readonly #patient: (() => void)[] = []
  #perSecond: number
  #nextAt = 0
  #slowedAt = -Infinity
  #cancel: (() => void) | undefined

  constructor(
    private readonly environment: Environment,
    private readonly ceilingPerSecond: number,
  ) {
    this.#perSecond = ceilingPerSecond
  }

  get perSecond(): number {
    return this.#perSecond
  }

  get waiting(): number {
    return this.#urgent.length + this.#patient.length
  }

  /**
   * Resolves when it is this request's turn. Those that a caller waits for go first.
   *
   * @throws EvergrantError `unavailable` when so many callers wait already that this one would have given up by then
   */
  turn(isUrgent: boolean): Promise<void> {
    const queue = isUrgent ? this.#urgent : this.#patient
    const queueMs = (queue.length * 1000) / this.#perSecond
    if (isUrgent && queueMs > longestQueueMs) {
      const retryAt = this.environment.now() + queueMs
      const problem = new EvergrantError('unavailable', 'more sessions want to be renewed than the pace allows', {
        retryAt,
      })
      return Promise.reject(problem)
    }
    return new Promise((resolve) => {
      queue.push(resolve)
      this.#go()
    })
  }

  /** The server has answered as it should. */
  quicken(): void {
    this.#perSecond = Math.min(this.ceilingPerSecond, this.#perSecond + this.ceilingPerSecond / steps)
  }

  /** The server is in trouble, and wants to be left alone until `retryAt`, if it said so. */
  slowDown(retryAt: number | undefined): void {
    const now = this.environment.monotonic()
    const asked = (retryAt ?? 0) - this.environment.now()
    this.#nextAt = Math.max(this.#nextAt, now + Math.min(asked, longestPauseMs))
    if (now - this.#slowedAt < slowdownMs) return
    this.#slowedAt = now
    this.#perSecond = Math.max(Math.min(slowestPerSecond, this.ceilingPerSecond), this.#perSecond / 2)
  }

  #go(): void {
    this.#cancel?.()
    const now = this.environment.monotonic()
    while (this.waiting > 0 && this.#nextAt <= now) {
      // What was not used is not saved up: after a rest there is no burst.
      this.#nextAt = Math.max(this.#nextAt, now - lateMs) + 1000 / this.#perSecond
      const next = this.#urgent.shift() ?? this.#patient.shift()
      next?.()
    }
    if (this.waiting > 0) this.#cancel = this.environment.setTimer(() => this.#go(), this.#nextAt - now)
  }
}
