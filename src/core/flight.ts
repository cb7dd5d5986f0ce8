import { retryDelay } from './backoff.js'
import type { Environment } from './environment.js'
import { isEvergrantError, type EvergrantError } from './errors.js'
import { countdown } from './lifetime.js'
import { defaultTokenKey } from './record.js'
import { Postponed } from './turn.js'

/** For how long it is believed that the server refuses a kind of token. */
const refusedMs = 10_000
/** A store is near: it is asked again soon. */
const mostStorageSteps = 3
/** Whoever has failed lets others go first: one without a network must not take every turn from those that have one. */
const courtesyMs = 300

/** One renewal at a time in this realm, and how long the last failure says to wait. */
export class Flight {
  #current: Promise<void> | undefined
  /** The kind of token that it gets. */
  #kind = defaultTokenKey
  /** Kinds that the server has refused, which says nothing of the others. */
  readonly #refused = new Map<string, { readonly failure: EvergrantError; readonly until: number }>()
  #failures = 0
  #pauseLeft = (): number => 0
  /** Why the last renewal failed, until one succeeds or the session is replaced. */
  failure: EvergrantError | undefined

  constructor(
    private readonly environment: Environment,
    /** Called when a flight is over and its lock is free again, before those who wait for it go on. */
    private readonly onLanded: (news: EvergrantError | undefined) => void,
  ) {}

  /**
   * Joins the renewal under way, or starts `renewal`. Nothing is awaited before the flight can be joined. One for another
   * kind of token is waited for: whether this one is still needed is to be decided anew then.
   */
  join(kind: string, renewal: () => Promise<void>): Promise<void> {
    if (this.#current) return this.#kind === kind ? this.#current : this.settled()
    const refused = this.#refused.get(kind)
    if (refused && this.environment.monotonic() < refused.until) return Promise.reject(refused.failure)
    this.#kind = kind
    return (this.#current = this.#fly(renewal))
  }

  /** Resolves when no renewal is under way any more. */
  async settled(): Promise<void> {
    await this.#current?.catch(() => undefined)
  }

  /** Milliseconds until another attempt makes sense. */
  pauseMs(): number {
    return Math.max(0, this.#pauseLeft())
  }

  /** Whether a renewal is under way. */
  isFlying(): boolean {
    return this.#current !== undefined
  }

  /** Whether renewing works or may work again without anybody's doing. */
  isPassable(): boolean {
    return !this.failure || isPassing(this.failure) || isWordless(this.failure)
  }

  /** Ends the pause: the record has become another, and says itself when to try again. */
  unpause(): void {
    this.#pauseLeft = () => 0
  }

  /** Forgets the last failure. */
  reset(): void {
    this.unpause()
    this.failure = undefined
    this.#failures = 0
    this.#refused.clear()
  }

  async #fly(renewal: () => Promise<void>): Promise<void> {
    let news: EvergrantError | undefined
    try {
      await renewal()
      this.reset()
    } catch (error) {
      if (!isEvergrantError(error)) throw error
      if (error instanceof Postponed) throw this.failure?.until(error.retryAt ?? 0) ?? error
      if (this.#kind !== defaultTokenKey && !isPassing(error)) throw this.#refuse(error)
      throw (news = this.#pause(error))
    } finally {
      this.#current = undefined
      this.onLanded(news)
    }
  }

  #refuse(failure: EvergrantError): EvergrantError {
    this.#refused.set(this.#kind, { failure, until: this.environment.monotonic() + refusedMs })
    return failure
  }

  #pause(error: EvergrantError): EvergrantError {
    this.#failures++
    const steps = error.code === 'storage_failed' ? Math.min(this.#failures, mostStorageSteps) : this.#failures
    const { now, random } = this.environment
    const retryAt = (error.retryAt ?? now() + retryDelay(steps, false, 0, random())) + courtesyMs
    this.#pauseLeft = countdown(this.environment, retryAt)
    return (this.failure = error.until(retryAt))
  }
}

/** Whether waiting may help: the other failures need somebody to act. */
export function isPassing(failure: EvergrantError): boolean {
  return failure.code === 'unavailable' || failure.code === 'storage_failed'
}

/** How often an answer may be {@link isWordless} until it is believed, where nobody waits for the next one. */
export const mostWordless = 5

/** Whether an answer was not in the words of OAuth: it may come from something on the way, such as a balancer in a deployment. */
export function isWordless({ status, error }: EvergrantError): boolean {
  return status !== undefined && error === undefined
}
