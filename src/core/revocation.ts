import { retryDelay } from './backoff.js'
import { answerMs, sleep, within, type Environment } from './environment.js'
import { isEvergrantError, unanswered, type EvergrantError } from './errors.js'
import { isWordless, mostWordless } from './flight.js'
import type { LiveRecord, StoredRecord } from './record.js'

/** Tells the server that a token is no longer needed (RFC 7009). */
export type Revoke = (token: string, hint: 'refresh_token' | 'access_token') => Promise<void>

/** How long a sign-out waits for the server. */
const firstAttemptMs = 5000
const giveUpMs = 24 * 3_600_000

/** The tokens that are to be revoked. They are in memory only: what was signed out must not stay on a disk. */
export class Revocations {
  readonly #pending = new Map<string, LiveRecord>()

  constructor(
    private readonly environment: Environment,
    private readonly revoke: Revoke,
    private readonly onFailure: (error: EvergrantError) => void,
    /** Looks who is signed in by now, so that {@link spare} comes before a late attempt. */
    private readonly look: () => Promise<void>,
  ) {}

  /**
   * Decides on the tokens of a session that is over, `current` being what has taken its place. After a sign-out they are
   * revoked, also when another user has signed in. The same user may have tokens of the same grant, which would die with
   * them: then they are left alone. Resolves after the first attempt, or when that takes too long.
   */
  async discard(record: LiveRecord, current: StoredRecord | undefined): Promise<void> {
    const isForeign = current?.state === 'live' && isOtherUser(record, current)
    if (current?.state !== 'signed_out' && !isForeign) return
    const { refreshToken, accessTokens } = record
    // Not every server lets the access tokens of a refresh token go with it.
    const attempts = refreshToken === undefined ? [] : [this.#start(record, refreshToken, 'refresh_token')]
    for (const { token } of Object.values(accessTokens)) attempts.push(this.#start(record, token, 'access_token'))
    await within(this.environment, firstAttemptMs, Promise.all(attempts), unanswered).catch(() => undefined)
  }

  /** Gives up what would endanger the session that has begun. */
  spare(current: LiveRecord): void {
    for (const [token, record] of this.#pending) if (!isOtherUser(record, current)) this.#pending.delete(token)
  }

  /** Resolves after the first attempt. */
  async #start(record: LiveRecord, token: string, hint: Parameters<Revoke>[1]): Promise<void> {
    if (this.#pending.has(token)) return
    this.#pending.set(token, record)
    const { environment } = this
    const giveUpAt = environment.monotonic() + giveUpMs
    let strange = 0
    const attempt = async (count: number): Promise<void> => {
      try {
        await within(environment, answerMs, this.revoke(token, hint), unanswered)
      } catch (error) {
        // Client authentication of somebody else's making may throw anything: that is tried again too.
        const failure = isEvergrantError(error) ? error : unanswered()
        const mayPass = failure.code === 'unavailable' || (isWordless(failure) && ++strange < mostWordless)
        if (mayPass && environment.monotonic() <= giveUpAt) {
          const askedMs = (failure.retryAt ?? 0) - environment.now()
          const again = (): unknown => this.#pending.has(token) && attempt(count + 1)
          const pause = sleep(environment, retryDelay(count, false, askedMs, environment.random()))
          return void pause.then(this.look).then(again, again)
        }
        // Servers need not know how to revoke both kinds (RFC 7009 section 2.2.1).
        if (!mayPass && failure.error !== 'unsupported_token_type') this.onFailure(failure)
      }
      this.#pending.delete(token)
    }
    await attempt(1)
  }
}

/** Whether the one is known to belong to another user than the other. */
function isOtherUser({ identity: one }: LiveRecord, { identity: other }: LiveRecord): boolean {
  return one !== undefined && other !== undefined && (one.sub !== other.sub || one.iss !== other.iss)
}
