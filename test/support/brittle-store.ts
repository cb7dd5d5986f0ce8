import type { SessionRecord } from '../../src/core/record.js'
import type { SwapResult, TokenStore, Versioned } from '../../src/core/store.js'
import { memoryStore } from '../../src/stores/memory.js'
import type { FakeEnvironment } from './fake-environment.js'

/** A store that fails or takes its time when a test says so. Every look at it brings a copy, as from a disk. */
export class BrittleStore implements TokenStore {
  readonly durability = 'strict'
  readonly watch?: NonNullable<TokenStore['watch']>
  isUnreadable = false
  isReadOnly = false
  latencyMs = 0

  constructor(
    private readonly environment: FakeEnvironment,
    /** Where it all lies; the stores of several holders share one. */
    private readonly place: TokenStore = memoryStore(),
    canWatch = true,
  ) {
    if (canWatch && place.watch) this.watch = place.watch
  }

  async read(key: string): Promise<Versioned | undefined> {
    await this.#reach(this.isUnreadable)
    const found = await this.place.read(key)
    return found && { ...found, record: structuredClone(found.record) }
  }

  async swap(key: string, expected: unknown, next: SessionRecord | undefined): Promise<SwapResult> {
    await this.#reach(this.isReadOnly)
    return this.place.swap(key, expected, next)
  }

  async #reach(isDown: boolean): Promise<void> {
    if (this.latencyMs > 0) await new Promise<void>((resolve) => this.environment.setTimer(resolve, this.latencyMs))
    if (isDown) throw new Error('the store is down')
  }
}
