import type { Environment } from './environment.js'
import type { AccessToken } from './record.js'

/** How soon a token of unknown lifetime is renewed. It is served for as long as that fails: nobody knows its end. */
const unknownLifetimeMs = 3_600_000

/** A token about to end may be refused when it arrives, so it is not handed out in its last moments. */
const transitMs = 1000

/** The monotonic clock takes several times as long to read as the wall clock, too long for every call. */
const restMs = 1000

/**
 * How long an access token may be used, counted on two clocks: the wall clock runs on while the machine sleeps, the
 * monotonic clock does not follow when the wall clock is set. The token is over as soon as either says so.
 */
export interface Lifetime {
  /** Milliseconds until it is time to renew; negative when it is past. */
  untilDue(): number
  /** Milliseconds for which the token may still be handed out; `Infinity` when nobody knows, 0 or less when it is over. */
  remaining(): number
  /** The end by the wall clock, in milliseconds since 1970. */
  readonly expiresAt: number | undefined
}

/**
 * Starts to count. A token read from a store is granted what the wall clock leaves of it, at most its whole lifetime.
 *
 * @param earlyMs how long before its end a token is renewed; at most a quarter of its lifetime is used
 * @param spread from 0 to 1: lets the holders of one token become due at different times
 */
export function countLifetime(token: AccessToken, environment: Environment, earlyMs: number, spread: number): Lifetime {
  const { obtainedAt, lifetimeMs } = token
  const span = lifetimeMs ?? unknownLifetimeMs
  // An end, not a length: the process may be stopped before it comes to count.
  const end = Math.min(obtainedAt, environment.now()) + span
  const transit = Math.min(transitMs, span / 10)
  const early = lifetimeMs === undefined ? 0 : Math.max(transit, Math.min(earlyMs, span / 4) * (1 + spread / 5))
  return {
    untilDue: countdown(environment, end - early, restMs),
    remaining: lifetimeMs === undefined ? () => Infinity : countdown(environment, end - transit, restMs),
    expiresAt: lifetimeMs === undefined ? undefined : end,
  }
}

/**
 * Milliseconds until `end`, given by the wall clock, by whichever clock has gone further. The monotonic one is asked when
 * the wall clock has gone on for `restMs`, or back.
 */
export function countdown(environment: Environment, end: number, restMs = 0): () => number {
  const startedAt = environment.monotonic()
  let seen = environment.now()
  const monotonicEnd = startedAt + end - seen
  return () => {
    const now = environment.now()
    if (now < seen || now >= seen + restMs) {
      end = Math.min(end, now + monotonicEnd - environment.monotonic())
      seen = now
    }
    return end - now
  }
}
