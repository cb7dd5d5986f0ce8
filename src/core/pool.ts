import { Agenda } from './agenda.js'
import { sleep } from './environment.js'
import { isEvergrantError } from './errors.js'
import { Emitter, type TokenEvent } from './events.js'
import { isWordless } from './flight.js'
import type { GrantContext, Granted } from './grant.js'
import { Keeper } from './keeper.js'
import { createManager } from './manager.js'
import { isUnclear } from './outcome.js'
import { Pace } from './pace.js'
import type { ManagerParts } from './parts.js'
import { lookDelay } from './schedule.js'
import { newSlot, type Opened, type Slot } from './slot.js'
import { watchStore } from './store.js'
import { assertKey, withSession, type TokenManager } from './token-manager.js'
import type { PooledSession, PoolEvent, PoolMetrics, TokenPool } from './token-pool.js'

const breathMs = 1000
/** How soon a session is looked after again whose renewal the server refuses until somebody mends the setup. */
const stuckMs = 3_600_000

/** The parts a pool is put together from: those of its managers, whose `key` the key of a session is added to. */
export interface PoolParts extends ManagerParts {
  readonly maxRenewalsPerSecond: number
  readonly maxConcurrentRenewals: number
  readonly idleSeconds: number
  readonly maxOpenSessions: number
  /** Is told of each event, after the listeners. */
  readonly onPoolEvent?: ((event: PoolEvent) => void) | undefined
}

/** Puts a pool together. */
export function createPool(parts: PoolParts): TokenPool {
  return new Pool(parts)
}

/** What is done with one session. */
type Work<T> = (manager: TokenManager, keeper: Keeper) => Promise<T>

class Pool implements TokenPool {
  readonly #parts: PoolParts
  readonly #pace: Pace
  readonly #agenda: Agenda<Slot>
  readonly #emitter = new Emitter()
  readonly #slots = new Map<string, Slot>()
  /** The one used longest ago first. */
  readonly #opened = new Set<Opened>()
  /** Due, and not looked after yet. */
  readonly #due = new Set<Slot>()
  /** No session, but the time to close those that are idle. */
  readonly #closing: Slot = newSlot('')
  #unwatch: (() => void) | undefined
  #tending = 0
  #renewing = 0
  #renewals = 0
  #failures = 0
  #isOver = false

  constructor(parts: PoolParts) {
    this.#parts = parts
    this.#pace = new Pace(parts.environment, parts.maxRenewalsPerSecond)
    this.#agenda = new Agenda(parts.environment, (slot) => this.#fall(slot))
  }

  session(key: string): PooledSession {
    assertKey(key)
    const use = <T>(work: Work<T>): Promise<T> => this.#use(key, work)
    return {
      key,
      client: this.#parts.client,
      getAccessToken: (options) => use((manager) => manager.getAccessToken(options)),
      getTokens: (options) => use((manager) => manager.getTokens(options)),
      renew: () => use((manager) => manager.renew()),
      fetch: (input, init) => use((manager) => manager.fetch(input, init)),
      setTokens: (response, options) => use((manager) => manager.setTokens(response, options)),
      signOut: () => use((manager) => manager.signOut()),
      diagnose: () => use((manager, keeper) => keeper.tend().then(() => manager.diagnose())),
      [withSession]: (work) => use((manager) => manager[withSession](work)),
    }
  }

  add(keys: Iterable<string, unknown, unknown>): void {
    for (const key of keys) {
      assertKey(key)
      const slot = this.#slot(key)
      slot.isKept = true
      if (slot.place < 0) this.#agenda.plan(slot, 0)
    }
  }

  remove(key: string): void {
    const slot = this.#slots.get(key)
    if (!slot) return
    slot.isKept = false
    slot.opened?.manager.stop()
    this.#agenda.cancel(slot)
    this.#due.delete(slot)
    if (!slot.opened) this.#slots.delete(key)
  }

  on<T extends TokenEvent['type']>(type: T, listener: (event: Extract<PoolEvent, { type: T }>) => void): () => void {
    return this.#emitter.on(type, listener)
  }

  metrics(): PoolMetrics {
    return {
      sessions: this.#slots.size,
      open: this.#opened.size,
      due: this.#due.size,
      waiting: this.#pace.waiting,
      renewing: this.#renewing,
      renewals: this.#renewals,
      failures: this.#failures,
      pace: this.#pace.perSecond,
    }
  }

  dispose(): void {
    this.#isOver = true
    this.#agenda.clear()
    this.#due.clear()
    this.#pace.end()
    for (const { manager } of this.#opened) manager.dispose()
    this.#unwatch?.()
    this.#emitter.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const managers = [...this.#opened].map(({ manager }) => manager)
    this.dispose()
    const farewells = await Promise.allSettled(managers.map((manager) => manager[Symbol.asyncDispose]()))
    for (const farewell of farewells) if (farewell.status === 'rejected') throw farewell.reason
  }

  async #use<T>(key: string, work: Work<T>): Promise<T> {
    const slot = this.#slot(key)
    slot.isKept ||= this.#parts.autoRenew
    const opened = this.#open(slot)
    opened.calls++
    try {
      return await work(opened.manager, opened.keeper)
    } finally {
      opened.calls--
      opened.usedAt = this.#parts.environment.monotonic()
      this.#opened.delete(opened)
      this.#opened.add(opened)
      this.#closeIdle()
    }
  }

  #slot(key: string): Slot {
    const known = this.#slots.get(key)
    if (known) return known
    const slot = newSlot(key)
    this.#slots.set(key, slot)
    return slot
  }

  #open(slot: Slot): Opened {
    const { store, key } = this.#parts
    const opened = (slot.opened ??= { slot, ...this.#makeManager(slot), calls: 0, looks: 0, usedAt: -Infinity })
    this.#opened.add(opened)
    if (this.#isOver) opened.manager.dispose()
    else if (slot.isKept) {
      opened.manager.start()
      // A store listens while somebody watches: without this it would begin and end with each renewal that nobody waits for.
      this.#unwatch ??= watchStore(store, key, () => undefined)
    }
    return opened
  }

  /** The manager of one session shares the agenda and the pace of all. */
  #makeManager(slot: Slot): Pick<Opened, 'manager' | 'keeper'> {
    const { key, lock, grant } = this.#parts
    let requests = 0
    const isAwaited = (): boolean => slot.opened !== undefined && slot.opened.calls > 0
    const enter = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      if (isAwaited() && !slot.isInDoubt) this.#pace.assertShort()
      const giveBack = await this.#pace.turn(() => slot.isInDoubt || isAwaited())
      const before = requests
      this.#renewing++
      return lock(name, work).finally(() => {
        this.#renewing--
        // Another process may have been faster, or have found that it is too early to try again.
        if (requests === before) giveBack()
      })
    }
    const ask = (context: GrantContext): Promise<Granted> => {
      requests++
      return this.#ask(slot, context)
    }
    const parts: ManagerParts = {
      ...this.#parts,
      key: key + slot.key,
      lock: Object.assign(enter, { kind: lock.kind }),
      grant: Object.assign(ask, grant),
      autoRenew: false,
      onEvent: (event) => this.#tell({ ...event, key: slot.key }),
      // A manager that is closed wants no more looks, but its session stays due when it was.
      schedule: () => ({
        lookIn: (ms) => void (slot.opened && this.#agenda.plan(slot, lookDelay(ms))),
        stop: () => void (slot.opened && this.#agenda.cancel(slot)),
      }),
    }
    const keeper = new Keeper(parts)
    return { keeper, manager: createManager(parts, keeper) }
  }

  async #ask(slot: Slot, context: GrantContext): Promise<Granted> {
    const wasInDoubt = slot.isInDoubt
    const sending = (): (() => void) => {
      const takeBack = context.sending()
      slot.isInDoubt = true
      return () => {
        slot.isInDoubt = wasInDoubt
        takeBack()
      }
    }
    try {
      const granted = await this.#parts.grant({ ...context, sending })
      slot.isInDoubt = false
      this.#renewals++
      this.#pace.quicken()
      return granted
    } catch (error) {
      const failure = isEvergrantError(error) ? error : undefined
      if (failure && !isUnclear(failure)) slot.isInDoubt = wasInDoubt
      this.#failures++
      if (!failure || failure.code === 'unavailable' || isWordless(failure)) this.#pace.slowDown(slot.key, failure)
      throw error
    }
  }

  #tell(event: PoolEvent): void {
    this.#emitter.emit(event)
    this.#parts.onPoolEvent?.(event)
  }

  #fall(slot: Slot): void {
    if (slot === this.#closing) return this.#closeIdle()
    // These are few, as each of them has cost a turn, and cannot wait until all others are done.
    if (slot.isInDoubt) return void this.#tend(slot)
    this.#due.add(slot)
    this.#tendNext()
  }

  #tendNext(): void {
    for (const slot of this.#due) {
      if (this.#tending >= this.#parts.maxConcurrentRenewals) return
      this.#due.delete(slot)
      void this.#tend(slot)
    }
  }

  async #tend(slot: Slot): Promise<void> {
    this.#tending++
    try {
      const opened = this.#open(slot)
      const { keeper } = opened
      opened.looks++
      await keeper.tend().finally(() => opened.looks--)
      // A store that is down is not asked for one session after the other as fast as it fails.
      if (!keeper.session.isKnown) await sleep(this.#parts.environment, breathMs)
      if (opened.usedAt === -Infinity) this.#close(opened)
    } finally {
      this.#tending--
      this.#tendNext()
    }
  }

  #closeIdle(): void {
    const { environment, idleSeconds, maxOpenSessions } = this.#parts
    const idleSince = environment.monotonic() - idleSeconds * 1000
    for (const opened of this.#opened) {
      if (opened.usedAt > idleSince && this.#opened.size <= maxOpenSessions) break
      this.#close(opened)
    }
    if (this.#opened.size > 0 && this.#closing.place < 0 && !this.#isOver)
      this.#agenda.plan(this.#closing, lookDelay(idleSeconds * 1000))
  }

  /** Lets go of all but when the session is due. */
  #close(opened: Opened): void {
    const { slot, manager, keeper, calls, looks } = opened
    // It may have been closed and opened anew since.
    if (slot.opened !== opened || calls > 0 || looks > 0 || keeper.isBusy) return
    const { status, error } = manager.getSnapshot()
    const isStuck = slot.isKept && slot.place < 0 && status === 'active' && !error?.loginRequired
    if (isStuck && !this.#isOver) this.#agenda.plan(slot, stuckMs)
    slot.opened = undefined
    this.#opened.delete(opened)
    manager.dispose()
    if (slot.place < 0 && !this.#due.has(slot)) this.#slots.delete(slot.key)
  }
}
