import { retryDelay } from '../../src/core/backoff.js'
import type { Failure } from './page.js'
import type { Delivery, TokenRequest } from './witness.js'

/** How much longer one request may be on its way than the next. */
const arrivalToleranceMs = 250
/** What a client lets a token lack of its end, and how long an answer takes from the server to the last tab. */
const transitMs = 1000
const newsMs = 1000

/**
 * How many requests the budget of docs/renewal.md allows from a first one on, within `ms` of it: each wait is at least half
 * of its step. The first request without an answer starts the count anew, once.
 */
export function allowedWithin(ms: number, isUnanswered: boolean): number {
  let [allowed, left] = [1, ms + arrivalToleranceMs]
  for (let attempt = 1; ; attempt++, allowed++) {
    left -= retryDelay(attempt, isUnanswered, 0, 0)
    if (left < 0) return allowed
  }
}

/** The longest wait after the last of so many requests that failed. */
export function longestStepMs(attempts: number, isUnanswered: boolean): number {
  return retryDelay(Math.max(1, attempts), isUnanswered, 0, 1)
}

/** The requests that spent the same refresh token, for each token. */
export function attemptsByToken(requests: readonly TokenRequest[]): TokenRequest[][] {
  const attempts = new Map<string, TokenRequest[]>()
  for (const request of requests) {
    const token = `${request.family} ${request.depth}`
    attempts.set(token, [...(attempts.get(token) ?? []), request])
  }
  return [...attempts.values()]
}

/** How many requests the budget allows where these were made. */
export function allowedFor(attempts: readonly (readonly TokenRequest[])[], isUnanswered: boolean): number {
  const spanOf = (own: readonly TokenRequest[]): number => (own.at(-1)?.at ?? 0) - (own[0]?.at ?? 0)
  return attempts.reduce((sum, own) => sum + allowedWithin(spanOf(own), isUnanswered), 0)
}

/** Those calls that failed although some tab had a token which was good from their beginning to their end. */
export function failuresInSpiteOf(deliveries: readonly Delivery[], failures: readonly Failure[]): Failure[] {
  return failures.filter(({ calledAt, failedAt }) =>
    deliveries.some(({ at, expiresAt }) => at + newsMs <= calledAt && failedAt <= expiresAt - transitMs - newsMs),
  )
}
