import type { Journal } from './diagnosis.js'
import type { Environment } from './environment.js'
import type { EvergrantError } from './errors.js'
import { Emitter, eventsBetween, type Notice, type TokenEvent } from './events.js'
import { countLifetime, type Lifetime } from './lifetime.js'
import { defaultToken, type AccessToken, type StoredRecord } from './record.js'
import { unreadable } from './session.js'
import { keepIfSame, snapshotOf, type Snapshot } from './snapshot.js'

/** What callers and listeners see of a session: it follows the record and keeps what the hot path needs at hand. */
export class View {
  readonly emitter: Emitter = new Emitter()
  snapshot: Snapshot = { status: 'starting', error: undefined }
  /** How long the current access token may be used; absent when there is none. */
  lifetime: Lifetime | undefined
  /** The current access token, ready to be handed out. */
  ready: Promise<string> | undefined
  #record: StoredRecord | undefined
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
    private readonly journal: Journal,
  ) {
    this.#spread = environment.random()
  }

  /** Whether the current access token can be used and is not due. */
  isFresh(): boolean {
    return this.lifetime !== undefined && !this.lifetime.isDue()
  }

  /** Follows the session to `record`. `isOwn` tells whether this manager's own renewal led there. */
  follow(record: StoredRecord | undefined, isOwn: boolean): void {
    const previous = this.#record
    if (this.#isKnown && record === previous) return
    this.#count(defaultToken(previous), defaultToken(record))
    const token = { expiresAt: this.lifetime?.expiresAt, scope: defaultToken(record)?.scope }
    if (this.#isKnown) eventsBetween(previous, record, token, isOwn).forEach((event) => this.tell(event))
    const trouble = unreadable(record)
    if (trouble?.code !== this.#trouble?.code) {
      this.#trouble = trouble
      if (trouble) this.report(trouble)
    }
    this.#record = record
    this.#isKnown = true
    this.#show()
  }

  /** Takes nobody for signed in, unless more is known: whatever comes from now on is news. */
  expectNobody(): void {
    if (!this.#isKnown) this.follow(undefined, false)
  }

  /** Shows the last failure, or that there is none any more. */
  showFailure(failure: EvergrantError | undefined): void {
    this.#failure = failure
    this.#show()
  }

  /** Tells listeners of a failure. */
  report(error: EvergrantError): void {
    this.tell({ type: 'error', error })
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
  #count(previous: AccessToken | undefined, token: AccessToken | undefined): void {
    if (token && token.token === previous?.token && token.obtainedAt === previous.obtainedAt) return
    this.lifetime = token && countLifetime(token, this.environment, this.renewEarlyMs, this.#spread)
    this.ready = token && Promise.resolve(token.token)
  }

  #show(): void {
    const error = this.#failure ?? this.#trouble
    const next = this.#isKnown ? snapshotOf(this.#record, this.lifetime?.expiresAt, error) : { ...this.snapshot, error }
    const snapshot = keepIfSame(this.snapshot, next)
    if (snapshot === this.snapshot) return
    this.snapshot = snapshot
    this.#events.push({ type: 'change' })
  }
}
