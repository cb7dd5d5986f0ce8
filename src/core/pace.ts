import type { Environment } from './environment.js'
import { EvergrantError, type ErrorDetails } from './errors.js'

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

/** A request that waits for its turn. */
interface Waiting {
  /** Whether it goes before those that are not. That may change while it waits. */
  readonly isUrgent: () => boolean
  readonly begin: (giveBack: () => void) => void
  readonly fail: (problem: EvergrantError) => void
}

/**
 * Lets requests go one after the other, no more in a second than the ceiling. While a server fails, the pace is halved
 * every second, and it comes back with each success, so that a server which is back is not run over.
 */
export class Pace {
  readonly #queue: Waiting[] = []
  #perSecond: number
  #nextAt = 0
  /** Until when the server wants to be left alone. */
  #pausedUntil = 0
  #slowedAt = -Infinity
  /** The session that may have reached a limit of its own last, unless another one has got tokens since. */
  #limited: string | undefined
  #isOver = false
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
    return this.#queue.length
  }

  /**
   * Resolves when it is this request's turn, to what gives the turn back: it is to be called when nothing was sent after
   * all. Urgent ones go first.
   *
   * @throws EvergrantError `aborted` when the pace has ended
   */
  turn(isUrgent: () => boolean): Promise<() => void> {
    if (this.#isOver) return Promise.reject(ended())
    return new Promise((begin, fail) => {
      this.#queue.push({ isUrgent, begin, fail })
      this.#go()
    })
  }

  /**
   * To be called before a caller begins to wait for a turn.
   *
   * @throws EvergrantError `unavailable` when the next turn is so far away, or so many are urgent already, that the caller
   *   would have given up by then
   */
  assertShort(): void {
    const ahead = this.#queue.filter(({ isUrgent }) => isUrgent()).length
    const restMs = Math.max(0, this.#startAt() - this.environment.monotonic())
    const queueMs = restMs + (ahead * 1000) / this.#perSecond
    if (queueMs <= longestQueueMs) return
    const why = 'more sessions are due than the pace of this pool allows, or the server wants to be left alone'
    throw new EvergrantError('unavailable', why, { retryAt: this.environment.now() + queueMs })
  }

  /** Lets nobody go any more, of those who wait and those who come. */
  end(): void {
    this.#isOver = true
    this.#cancel?.()
    for (const { fail } of this.#queue.splice(0)) fail(ended())
  }

  /** The server has answered as it should. */
  quicken(): void {
    this.#limited = undefined
    this.#perSecond = Math.min(this.ceilingPerSecond, this.#perSecond + this.ceilingPerSecond / steps)
  }

  /**
   * The server has failed the session called `key`, and wants to be left alone until `retryAt`, if it said so. An answer that
   * does not say that the server itself is in trouble may be about a limit of this session: all are meant when another one
   * was answered like that before it.
   */
  slowDown(key: string, { status = 500, retryAt = 0 }: ErrorDetails = {}): void {
    const now = this.environment.monotonic()
    const asked = retryAt - this.environment.now()
    const isForAll = status >= 500 || (this.#limited ?? key) !== key
    if (isForAll) this.#pausedUntil = Math.max(this.#pausedUntil, now + Math.min(asked, longestPauseMs))
    if (status < 500) this.#limited = key
    if (now - this.#slowedAt < slowdownMs) return
    this.#slowedAt = now
    this.#perSecond = Math.max(Math.min(slowestPerSecond, this.ceilingPerSecond), this.#perSecond / 2)
  }

  #go(): void {
    this.#cancel?.()
    const now = this.environment.monotonic()
    while (this.waiting > 0 && this.#startAt() <= now) {
      const intervalMs = 1000 / this.#perSecond
      // What was not used is not saved up: after a rest there is no burst.
      this.#nextAt = Math.max(this.#nextAt, now - lateMs) + intervalMs
      this.#takeNext()?.begin(() => this.#giveBack(intervalMs))
    }
    if (this.waiting > 0) this.#cancel = this.environment.setTimer(() => this.#go(), this.#startAt() - now)
  }

  #startAt(): number {
    return Math.max(this.#nextAt, this.#pausedUntil)
  }

  #takeNext(): Waiting | undefined {
    const urgent = this.#queue.findIndex(({ isUrgent }) => isUrgent())
    return this.#queue.splice(Math.max(urgent, 0), 1)[0]
  }

  #giveBack(intervalMs: number): void {
    this.#nextAt -= intervalMs
    this.#go()
  }
}

function ended(): EvergrantError {
  return new EvergrantError('aborted', 'the pool was disposed of before it was the turn of this renewal')
}
