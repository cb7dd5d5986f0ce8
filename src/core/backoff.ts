import { endOf, type Pause } from './record.js'

/**
 * How long each failed attempt makes the next one wait, when the server said no. It is the budget too: in the long run
 * about 30 requests an hour.
 */
const refusedInSeconds = [1, 2, 5, 10, 10, 10, 20, 40, 80, 160]
/**
 * The same when the server said nothing. Any such request may have spent the refresh token, and a server with a grace
 * period accepts it again for a short time only: so at first none is long, and after a long one two short ones follow.
 */
const unansweredInSeconds = [1, 2, 5, 10, 10, 10, 1, 5, 40, 1, 5, 80, 1, 5, 160]
const cycle = 3
const longestRetryAfterMs = 3_600_000
/** By how much the clocks of machines that share a session may disagree. */
const toleranceMs = 60_000

/**
 * Milliseconds to wait after an attempt to renew has failed. Chance spreads the retries of many clients over half of
 * the step, and what the server asked for is honoured, up to an hour, and never undercut.
 *
 * @param attempt counts from 1
 * @param isUnanswered whether the request may have been acted upon
 * @param askedMs the wait the server asked for
 * @param random from 0 up to but not including 1
 */
export function retryDelay(attempt: number, isUnanswered: boolean, askedMs: number, random: number): number {
  const steps = isUnanswered ? unansweredInSeconds : refusedInSeconds
  const last = isUnanswered ? cycle : 1
  const index = attempt <= steps.length ? attempt - 1 : steps.length - last + ((attempt - steps.length - 1) % last)
  const step = 1000 * (steps[index] ?? 1)
  const asked = Math.min(Math.max(askedMs, 0), longestRetryAfterMs)
  return Math.max(asked * (1 + random / 10), step * (0.5 + random / 2))
}

/** Milliseconds that `now` leaves of a pause. One that has not begun yet comes from a clock that was set back since. */
export function pauseLeft(pause: Pause | undefined, now: number): number {
  if (!pause || now < pause.from - toleranceMs) return 0
  return Math.max(0, endOf(pause) - now)
}
