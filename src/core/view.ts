import { Journal } from './diagnosis.js'
import type { Environment } from './environment.js'
import type { EvergrantError } from './errors.js'
import { Emitter, eventBetween, type Notice, type TokenEvent } from './events.js'
import { countLifetime, type Lifetime } from './lifetime.js'
import { defaultTokenKey, isSameToken, lineageOf, tokenOf, type AccessToken, type StoredRecord } from './record.js'
import { unreadable } from './session.js'
import { isSameSnapshot, snapshotOf, type Snapshot } from './snapshot.js'

/** What callers and listeners see of a session: it follows the record and keeps what the hot path needs at hand. */
export class View {
  readonly emitter: Emitter = new Emitter()
  readonly journal: Journal
  snapshot: Snapshot = { status: 'starting', error: undefined }
  /** How long the current access token may be used; absent when there is none. */
  lifetime: Lifetime | undefined
  /** The current access token, ready to be handed out. */
  ready: Promise<string> | undefined
  /** The newest record that was shown here. */
  record: StoredRecord | undefined
  /** The session and generation that the last renewal of this holder led to. */
  renewedHere: string | undefined
  /** What is counted, by the kind of the tokens. */
  readonly #counted = new Map<string, { readonly token: AccessToken; readonly lifetime: Lifetime }>()
  #isKnown = false
  #failure: EvergrantError | undefined
  /** Why the record cannot be read. */
  #trouble: EvergrantError | undefined
  #events: Notice[] = []
  /** Lets the holders of one token become due at different times. */
  readonly #spread: number

  constructor(
    private readonly environment: Environment,
    private readonly renewEarlyMs: number,
  ) {
    this.journal = new Journal(() => environment.now())
    this.#spread = environment.random()
  }

  /** Whether the current access token of a kind can be used and is not due. */
  isFresh(key: string = defaultTokenKey): boolean {
    const lifetime = this.lifetimeOf(key)
    return lifetime !== undefined && lifetime.untilDue() > 0
  }

  /** How long the current access token of a kind may be used. Those of most kinds count from when they are first asked for. */
  lifetimeOf(key: string): Lifetime | undefined {
    return key === defaultTokenKey ? this.lifetime : this.#count(key)
  }

  /** Follows the session to `record`. */
  follow(record: StoredRecord | undefined): void {
    const previous = this.record
    if (this.#isKnown && record === previous) return
    this.record = record
    this.#counted.forEach((_counted, key) => this.#count(key))
    this.lifetime = this.#count(defaultTokenKey)
    const current = tokenOf(record)
    this.ready = current && Promise.resolve(current.token)
    const by = lineageOf(record) === this.renewedHere ? 'here' : 'elsewhere'
    const event = eventBetween(previous, record, this.lifetime?.expiresAt, by)
    if (this.#isKnown && event) this.tell(event)
    const trouble = unreadable(record)
    if (trouble?.code !== this.#trouble?.code) {
      this.#trouble = trouble
      this.report(trouble)
    }
    this.#isKnown = true
    this.#show()
  }

  /** Takes nobody for signed in, unless more is known: whatever comes from now on is news. */
  expectNobody(): void {
    if (!this.#isKnown) this.follow(undefined)
  }

  /** Shows the last failure, or that there is none any more. */
  showFailure(failure: EvergrantError | undefined): void {
    if (failure === this.#failure) return
    this.#failure = failure
    this.#show()
  }

  /** Tells listeners of a failure, if there is one. */
  report(error: EvergrantError | undefined): void {
    if (error) this.tell({ type: 'error', error })
  }

  /** Tells listeners of an event, at the next {@link deliver}. */
  tell(event: TokenEvent): void {
    this.journal.add(event)
    this.#events.push(event)
  }

  /** Calls the listeners. Never to be called where a lock is held. */
  deliver(): void {
    for (let event = this.#events.shift(); event; event = this.#events.shift()) this.emitter.emit(event)
  }

  /** A token read again goes on with its old count: the clock may have been set back since. */
  #count(key: string): Lifetime | undefined {
    const token = tokenOf(this.record, key)
    const counted = this.#counted.get(key)
    if (isSameToken(counted?.token, token)) return counted?.lifetime
    this.#counted.delete(key)
    if (!token) return undefined
    const lifetime = countLifetime(token, this.environment, this.renewEarlyMs, this.#spread)
    this.#counted.set(key, { token, lifetime })
    return lifetime
  }

  #show(): void {
    const error = this.#failure ?? this.#trouble
    const next = this.#isKnown ? snapshotOf(this.record, this.lifetime?.expiresAt, error) : { ...this.snapshot, error }
    if (isSameSnapshot(next, this.snapshot)) return
    this.snapshot = next
    this.#events.push({ type: 'change' })
  }
}
