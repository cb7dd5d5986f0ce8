import type { SessionRecord, StoredRecord } from '../../src/core/record.js'
import type { SwapResult, TokenStore, Versioned } from '../../src/core/store.js'
import type { Holder } from './holder.js'
import type { Random } from './random.js'
import type { VirtualTime } from './virtual-time.js'

/** How late an operation that has failed may still be carried out. */
const longestLateMs = 1500
/** How long after a failure all is over that was begun in it, also what got no answer. */
export const aftermathMs = 7000

/** One write to the store. */
export interface Write {
  readonly at: number
  readonly holder: string
  readonly record: SessionRecord
}

/** What the holders of a session share, as each of them reaches it: slowly, and sometimes not at all. */
export class SharedStore {
  readonly writes: Write[] = []
  /** Until when the store fails, in virtual time. */
  failsUntil = 0
  /** Whether what fails may be done late all the same, or get no answer at all. */
  isOdd = false
  /** Whether operations never end. */
  hangs = false
  #current: Versioned | undefined
  readonly #watchers = new Map<() => void, Holder>()

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
    private readonly onWrite: (write: Write) => void,
  ) {}

  get record(): StoredRecord | undefined {
    return this.#current?.record
  }

  /** Puts content there from outside. */
  plant(record: StoredRecord | undefined): void {
    this.#current = record && { revision: `planted ${this.time.now}`, record }
  }

  /** The store as `holder` sees it. */
  seenBy(holder: Holder, canWatch: boolean): TokenStore {
    return {
      durability: 'strict',
      read: () => this.#reach(holder, () => copy(this.#current)),
      swap: (_key, expected, next) => this.#reach(holder, () => this.#swap(holder, expected, next)),
      ...(canWatch && { watch: (_key: string, onChange: () => void) => this.#watch(holder, onChange) }),
    }
  }

  #swap(holder: Holder, expected: unknown, next: SessionRecord | undefined): SwapResult {
    if (this.#current?.revision !== expected) return { won: false, current: copy(this.#current) }
    const revision = this.writes.length + 1
    this.#current = next && { revision, record: next }
    if (next) {
      const write = { at: this.time.now, holder: holder.name, record: next }
      this.writes.push(write)
      this.onWrite(write)
    }
    for (const [onChange, watcher] of this.#watchers) {
      if (watcher !== holder) this.time.after(watcher.latency(50), () => watcher.deliver(onChange))
    }
    return { won: true, revision }
  }

  /** The way there, the operation, the way back. */
  async #reach<T>(holder: Holder, operate: () => T): Promise<T> {
    if (this.hangs) return new Promise(() => undefined)
    const way = this.random.next()
    const result = await holder.answer(holder.latency(20), () =>
      this.time.now < this.failsUntil ? this.#fail(way, operate) : operate(),
    )
    return holder.answer(holder.latency(20), () => result)
  }

  /** A failing store fails before it acts or after it; an odd one also while the act is still on its way, or says nothing. */
  #fail(way: number, operate: () => unknown): Promise<never> {
    if (way < 0.5) operate()
    else if (this.isOdd && way < 0.75) this.time.after((way - 0.5) * 4 * longestLateMs, operate)
    return this.isOdd && way % 0.1 < 0.02 ? new Promise(() => undefined) : Promise.reject(new Error('store down'))
  }

  #watch(holder: Holder, onChange: () => void): () => void {
    const own = (): void => onChange()
    this.#watchers.set(own, holder)
    return () => void this.#watchers.delete(own)
  }
}

/** Every look at a store brings an object of its own. */
function copy(found: Versioned | undefined): Versioned | undefined {
  return found && { ...found, record: { ...found.record } }
}
