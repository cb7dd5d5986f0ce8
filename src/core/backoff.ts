import type { Pause } from './record.js'

/** How long after each failed send the next one waits. It is the budget too: at most 30 sends an hour in the long run. */
const stepsInSeconds = [1, 2, 5, 10, 20, 40, 80, 120]
const longestRetryAfterMs = 3_600_000
/** By how much the clocks of machines that share a session may disagree. */
const toleranceMs = 60_000

/**
 * Milliseconds to wait after the `sends`-th send in a row has failed. Chance spreads the retries of many clients over
 * the whole step, and what the server asked for is honoured, up to an hour, and never undercut.
 *
 * @param askedMs the wait the server asked for
 * @param random from 0 up to but not including 1
 */
export function retryDelay(sends: number, askedMs: number, random: number): number {
  const step = 1000 * (stepsInSeconds[Math.min(sends, stepsInSeconds.length) - 1] ?? 1)
  const asked = Math.min(Math.max(askedMs, 0), longestRetryAfterMs)
  return Math.max(asked * (1 + random / 10), step * (0.1 + 0.9 * random))
}

/** Milliseconds that `now` leaves of a pause. One that has not begun yet comes from a clock that was set back since. */
export function pauseLeft(pause: Pause | undefined, now: number): number {
  if (!pause || now < pause.from - toleranceMs) return 0
  return Math.max(0, pause.from + pause.ms - now)
}
