import { isNewerFormat } from './codec.js'
import { sleep, within, type Environment } from './environment.js'
import { EvergrantError, isEvergrantError, nameOf, type ErrorCode } from './errors.js'
import { assertSuccession } from './invariants.js'
import { isReadable, type LiveRecord, type SessionRecord, type StoredRecord } from './record.js'
import { watchStore, type TokenStore, type Versioned } from './store.js'

const operationMs = 5000
const mostConflicts = 100
const shortestFlushMs = 100
const longestFlushMs = 500

/** What a change makes of the stored record: its successor, or `undefined` to leave it as it is. */
export type Change = (stored: StoredRecord | undefined) => SessionRecord | undefined

/** A record that the store has not taken yet, and the change that would put it there. */
interface Held {
  readonly record: SessionRecord
  readonly change: Change
}

/**
 * One session as this holder knows it: the stored record, or a newer one that the store has not taken yet. Operations on
 * the store run one after the other, so that what is known never goes back in time, and each within a bound.
 */
export class Session {
  #stored: Versioned | undefined
  #isKnown = false
  #isCalling = false
  #held: Held | undefined
  #cancelFlush: (() => void) | undefined
  #decisions = 0
  #queue: Promise<unknown> = Promise.resolve()
  /** A look that waits for its turn in the queue. */
  #reading: Promise<void> | undefined

  constructor(
    readonly key: string,
    readonly store: TokenStore,
    private readonly environment: Environment,
    private readonly onChange: () => void,
  ) {}

  /** The newest record this holder knows. */
  get record(): StoredRecord | undefined {
    return this.#held?.record ?? this.#stored?.record
  }

  /** Whether the newest record is in memory only. */
  get isHeld(): boolean {
    return this.#held !== undefined
  }

  /** Whether the last look at the store succeeded. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  /** Writes what a renewal has led to. Whatever the store says to it, it is held if it may follow what is known by then. */
  put(change: Change): Promise<EvergrantError | undefined> {
    return this.#writeOrHold(change, () => change(this.record))
  }

  /** Carries out a sign-in or sign-out. When the store fails it is held, unless there was a later one. */
  decide(record: SessionRecord, change: Change): Promise<EvergrantError | undefined> {
    const order = ++this.#decisions
    return this.#writeOrHold(change, () => (order === this.#decisions ? record : undefined), 'storage_failed')
  }

  /** Makes `record` the newest one in memory at once, and goes on trying to make `change` in the store. */
  hold(record: SessionRecord, change: Change): void {
    this.#held = { record, change }
    this.#flushLater(shortestFlushMs)
    this.onChange()
  }

  /**
   * Offers a held record to the store now.
   *
   * @throws EvergrantError `storage_failed` whatever the store says this time: it may take it the next time
   */
  async flush(): Promise<void> {
    const held = this.#held
    if (!held) return
    await this.update(held.change).catch((error: unknown) => {
      throw isEvergrantError(error) ? new EvergrantError('storage_failed', error.message) : error
    })
    if (this.#held === held) this.#release()
  }

  /**
   * Offers what is held until the store has taken it.
   *
   * @throws EvergrantError `storage_failed` when it has not for five seconds
   */
  async handOver(): Promise<void> {
    const giveUpAt = this.environment.monotonic() + operationMs
    while (this.#held) {
      try {
        await this.flush()
      } catch (error) {
        if (this.environment.monotonic() >= giveUpAt) throw error
        await sleep(this.environment, shortestFlushMs)
      }
    }
  }

  /**
   * Calls `onNews` when others may have changed the record, until the function that it returns is called. A store in memory
   * tells of a change while it is made: what it tells in the course of a call is our own doing.
   */
  watch(onNews: () => void): (() => void) | undefined {
    return watchStore(this.store, this.key, () => void (this.#isCalling || onNews()))
  }

  /** Looks into the store. Looks that have not begun are one, so that callers do not queue up behind a slow store. */
  read(): Promise<void> {
    return (this.#reading ??= this.#afterOthers(() => {
      this.#reading = undefined
      return this.#read()
    }))
  }

  /**
   * Replaces the stored record by what `change` makes of it, in one step. When somebody else was faster, `change` judges
   * anew what is there now, so it must be pure. Resolves to whether anything was written. After a rejection nobody
   * knows, and the next operation looks.
   */
  update(change: Change): Promise<boolean> {
    return this.#afterOthers(async () => {
      if (!this.#isKnown) await this.#read()
      for (let conflicts = 0; conflicts < mostConflicts; conflicts++) {
        const current = this.#stored?.record
        const next = change(current)
        if (!next) return false
        const isLocked = current?.state === 'sealed' && next.state !== 'signed_out'
        if (isLocked || isNewerFormat(current)) throw unreadable(current)
        assertSuccession(current, next)
        const result = await this.#bounded(() => this.store.swap(this.key, this.#stored?.revision, next))
        this.#see(result.won ? { revision: result.revision, record: next } : result.current)
        if (result.won) return true
      }
      throw new EvergrantError('storage_failed', 'the store refuses every change: something else rewrites this record')
    })
  }

  async #read(): Promise<void> {
    this.#see(await this.#bounded(() => this.store.read(this.key)))
  }

  /**
   * Resolves to the failure of the store, if there is one. `next` makes the record that may be held in place of what is known
   * by then, if any; `only` names the one failure for which it is, and all others reject.
   */
  async #writeOrHold(
    change: Change,
    next: () => SessionRecord | undefined,
    only?: ErrorCode,
  ): Promise<EvergrantError | undefined> {
    try {
      // Written or overruled: what the store holds now is the newest.
      await this.update(change)
      if (next()) this.#release()
      return undefined
    } catch (error) {
      if (!isEvergrantError(error) || (only && error.code !== only)) throw error
      const record = next()
      if (record) this.hold(record, change)
      return error
    }
  }

  #release(): void {
    this.#cancelFlush?.()
    this.#held = undefined
    this.onChange()
  }

  #see(found: Versioned | undefined): void {
    this.#stored = found
    this.#isKnown = true
    this.onChange()
  }

  #flushLater(ms: number): void {
    this.#cancelFlush?.()
    const retry = (): void => this.#flushLater(Math.min(ms * 2, longestFlushMs))
    this.#cancelFlush = this.environment.setTimer(() => void this.flush().catch(retry), ms)
  }

  async #bounded<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await within(
        this.environment,
        operationMs,
        this.#call(operation),
        () => new EvergrantError('storage_failed', 'the store gave no answer'),
      )
    } catch (error) {
      this.#isKnown = false
      throw isEvergrantError(error) ? error : new EvergrantError('storage_failed', `the store failed: ${nameOf(error)}`)
    }
  }

  #call<T>(operation: () => Promise<T>): Promise<T> {
    this.#isCalling = true
    try {
      return operation()
    } finally {
      this.#isCalling = false
    }
  }

  #afterOthers<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(operation)
    this.#queue = result.catch(() => undefined)
    return result
  }
}

/** The record if it is live, or the error that says why there is no session. */
export function requireLive(record: StoredRecord | undefined): LiveRecord {
  if (record?.state === 'live') return record
  if (record?.state === 'ended') {
    const { reason } = record
    throw new EvergrantError(reason === 'lost_in_flight' ? reason : 'login_required', `the session ended: ${reason}`)
  }
  throw unreadable(record) ?? new EvergrantError('login_required', 'nobody is signed in')
}

/** What to tell of a record that cannot be read; `undefined` for all others. */
export function unreadable(record: StoredRecord | undefined): EvergrantError | undefined {
  if (!record || isReadable(record)) return undefined
  if (record.state === 'sealed') {
    const advice = 'give encryptedStore() the key that sealed the session, or discard it by signOut()'
    return new EvergrantError('misconfigured', advice)
  }
  return record.problem === 'corrupt'
    ? new EvergrantError('login_required', 'the stored session is damaged; signing in again sets it aside')
    : new EvergrantError('unsupported', 'a newer version of evergrant wrote the stored session: update this one')
}
