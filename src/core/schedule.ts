import type { Environment } from './environment.js'

/** Platforms fire timers beyond 2^31-1 ms at once, and a long sleep is better cut short to look at the clock again. */
const longestMs = 6 * 3_600_000
const shortestMs = 1000

/** One timer that calls `look` from time to time. It is a hint: `look` decides by the clock whether anything is due. */
export class Schedule {
  #cancel: (() => void) | undefined

  constructor(
    private readonly environment: Environment,
    private readonly look: () => void,
  ) {}

  /** Calls `look` in `ms`, or in six hours, whichever is sooner, and never within the next second. */
  lookIn(ms: number): void {
    this.stop()
    this.#cancel = this.environment.setTimer(this.look, Math.max(shortestMs, Math.min(ms, longestMs)))
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
