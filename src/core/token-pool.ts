import type { TokenEvent } from './events.js'
import type { TokenManager, withSession } from './token-manager.js'

/** One session of a pool. It holds nothing itself: make it where it is needed, and forget it again. */
export interface PooledSession extends Pick<
  TokenManager,
  'client' | 'getAccessToken' | 'getTokens' | 'renew' | 'fetch' | 'setTokens' | 'signOut'
> {
  /** Names it within the pool. */
  readonly key: string
  /** What a report of trouble should hold. There is no secret in it. */
  diagnose(): Promise<ReturnType<TokenManager['diagnose']>>

  /**
   * See that of the manager.
   *
   * @internal
   */
  [withSession]: TokenManager[typeof withSession]
}

/** What happens to one of the sessions. No event ever holds a token. */
export type PoolEvent = TokenEvent & {
  /** The key of the session. */
  readonly key: string
}

/** What a pool is doing. */
export interface PoolMetrics {
  /** How many sessions it knows. */
  readonly sessions: number
  /** How many of them are in memory as a whole, because they are used. */
  readonly open: number
  /** How many are due, and not looked after yet. */
  readonly due: number
  /** How many renewals wait for their turn. */
  readonly waiting: number
  /** How many renewals are under way. */
  readonly renewing: number
  /** How many renewals succeeded since the pool was made. */
  readonly renewals: number
  /** How many requests failed, for whatever reason. */
  readonly failures: number
  /**
   * How many renewals may start in a second for now: `maxRenewalsPerSecond`, or less while the server is in trouble. It is
   * a limit, not a count: what was renewed is the difference of `renewals` between two looks.
   */
  readonly pace: number
}

/** Keeps any number of sessions of one client alive, with one timer for all. */
export interface TokenPool {
  /**
   * The session called `key`, of which nothing need be known yet.
   *
   * @throws EvergrantError `misconfigured` when the key is no text or empty
   */
  session(key: string): PooledSession

  /**
   * Keeps these sessions fresh from now on, whether anybody uses them or not; what is not in the store is forgotten again.
   * Without it, sessions are kept from their first use on, or not at all with `autoRenew: false`.
   */
  add(keys: Iterable<string, unknown, unknown>): void

  /** Looks after the session no more, until it is used again. It stays in the store, and nobody is signed out. */
  remove(key: string): void

  /** Calls `listener` for each event of a type, of all sessions. Returns a function that ends it. */
  on<T extends TokenEvent['type']>(type: T, listener: (event: Extract<PoolEvent, { type: T }>) => void): () => void

  /** What the pool is doing. */
  metrics(): PoolMetrics

  /**
   * Ends the pool: timers, listeners, waiting calls, and renewals that wait for their turn. The sessions stay in the store.
   * Renewals under way are finished and stored.
   */
  dispose(): void

  /**
   * The same, for `await using`: waits until renewals whose requests have left are finished and stored, and keeps the process
   * alive until then.
   *
   * @throws EvergrantError as a manager does, when all sessions have been waited for
   */
  [Symbol.asyncDispose](): Promise<void>
}
