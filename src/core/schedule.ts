import type { Environment } from './environment.js'

/** Platforms fire timers beyond 2^31-1 ms at once, and a long sleep is better cut short to look at the clock again. */
const longestMs = 6 * 3_600_000
const shortestMs = 1000

/** When to look at the clock again. It is a hint: whoever looks decides by the clock whether anything is due. */
export interface Schedule {
  /** Wants one look in `ms` instead of any that was wanted before. */
  lookIn(ms: number): void
  stop(): void
}

/** How soon a look comes that is wanted in `ms`: in six hours at the latest, and never within the next second. */
export function lookDelay(ms: number): number {
  return Math.max(shortestMs, Math.min(ms, longestMs))
}

/** One timer that calls `look`. */
export function ownTimer(environment: Environment, look: () => void): Schedule {
  let cancel: (() => void) | undefined
  const stop = (): void => cancel?.()
  return {
    lookIn(ms) {
      stop()
      cancel = environment.setTimer(look, lookDelay(ms))
    },
    stop,
  }
}
