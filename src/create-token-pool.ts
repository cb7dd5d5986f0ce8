import { EvergrantError } from './core/errors.js'
import { createPool } from './core/pool.js'
import type { TokenPool } from './core/token-pool.js'
import { partsOf, type PlatformParts, type TokenManagerOptions } from './create-token-manager.js'

/** What a token pool is made from. */
export interface TokenPoolOptions extends Omit<TokenManagerOptions, 'key'> {
  /**
   * Whether to keep a session fresh from its first use on, also when nobody uses it any more; `true` by default. Without it
   * only those are that `add()` names: then requests renew what they use, and a process of its own the rest.
   */
  readonly autoRenew?: boolean | undefined
  /**
   * How many renewals may start in a second in this process, 50 by default; 0.5 is one in two seconds. Stay below the rate limit
   * of the server with all your processes together; while the server fails, the pool slows down by itself.
   */
  readonly maxRenewalsPerSecond?: number | undefined
  /** How many sessions are looked after at the same time when nobody waits for them, 20 by default. */
  readonly maxConcurrentRenewals?: number | undefined
  /** How long a session stays in memory after its last use, in seconds, 60 by default; then it is read again. */
  readonly idleSeconds?: number | undefined
  /** How many sessions stay in memory after their last use at most, 1000 by default. */
  readonly maxOpenSessions?: number | undefined
}

/** Joins the parts of a platform and the options of a user into a pool. */
export function joinTokenPool(options: TokenPoolOptions, platform: PlatformParts): TokenPool {
  const limits = {
    maxRenewalsPerSecond: options.maxRenewalsPerSecond ?? 50,
    maxConcurrentRenewals: options.maxConcurrentRenewals ?? 20,
    idleSeconds: options.idleSeconds ?? 60,
    maxOpenSessions: options.maxOpenSessions ?? 1000,
  }
  const { maxRenewalsPerSecond, idleSeconds, ...counts } = limits
  assertAll({ maxRenewalsPerSecond }, (value) => value > 0, 'more than 0')
  assertAll({ idleSeconds }, (value) => value >= 0, '0 or more')
  assertAll(counts, (value) => value >= 1, '1 or more')
  const parts = partsOf(options, platform, '')
  return createPool({ ...parts, ...limits, onPoolEvent: platform.onEvent })
}

function assertAll(limits: Record<string, number>, isFine: (value: number) => boolean, range: string): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isFinite(value) || !isFine(value))
      throw new EvergrantError('misconfigured', `createTokenPool(): ${name} must be a number, ${range}`)
  }
}
