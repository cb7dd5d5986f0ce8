import { pauseLeft } from './backoff.js'
import { isEvergrantError, type EvergrantError } from './errors.js'
import type { TokenEvent } from './events.js'
import { Flight } from './flight.js'
import { Horizon } from './horizon.js'
import type { KeeperParts } from './parts.js'
import { intentOf, lineageOf, tokenOf, type LiveRecord } from './record.js'
import { renew, type RenewalParts } from './renewal.js'
import { Revocations } from './revocation.js'
import { ownTimer, type Schedule } from './schedule.js'
import { Session } from './session.js'
import { begin } from './sign-in-out.js'
import { defaultKind, type TokenKind } from './token-kind.js'
import { Rival } from './turn.js'
import { View } from './view.js'

/** How long another holder is left to its renewal before this one looks after it. */
const rivalMs = 2000
/** A network that comes and goes causes no more requests than one in this time. */
const shortestHurryMs = 1000
/** How soon a store that failed is asked again. */
const rereadMs = 1000
/** How long the first look may fail before nobody counts as signed in, so that somebody can be. */
const longestUnknownMs = 3000

/** Keeps one session fresh: renews when it is asked to or when it is time, and follows what other holders do. */
export class Keeper {
  readonly session: Session
  readonly view: View
  readonly flight: Flight
  readonly revocations: Revocations
  /** How many renewals in a row were made because a server refused the token. */
  refusals = 0
  /** Names this keeper in intents. It is made anew whenever one starts. */
  readonly owner: string
  readonly #parts: KeeperParts
  readonly #renewal: RenewalParts
  readonly #schedule: Schedule
  readonly #horizon: Horizon
  #loading: Promise<void> | undefined
  #storeFailure: EvergrantError | undefined
  /** Since when the first look has failed, on the monotonic clock. */
  #failsSince: number | undefined
  /** Whether to renew without being asked to. */
  #isActive = false
  #isOver = false
  #ignoreWake: (() => void) | undefined
  readonly #ignoreStore: (() => void) | undefined

  constructor(parts: KeeperParts) {
    const { environment } = parts
    this.#parts = parts
    this.view = new View(environment, parts.renewEarlySeconds * 1000)
    this.flight = new Flight(environment, (news) => this.#landed(news))
    this.revocations = new Revocations(
      environment,
      parts.revoke,
      (error) => this.tell({ type: 'error', error }),
      () => this.session.read(),
    )
    this.#horizon = new Horizon(environment, (event) => this.view.tell(event))
    const look = (): void => this.look()
    this.#schedule = parts.schedule?.(look) ?? ownTimer(environment, look)
    this.session = new Session(parts.key, parts.store, environment, () => this.#follow())
    this.owner = environment.uniqueId()
    this.#renewal = {
      ...parts,
      session: this.session,
      view: this.view,
      rival: new Rival(this.owner, environment),
      discard: (late) => void this.revocations.discard(late, this.session.record),
    }
    this.#ignoreStore = this.session.watch(() => void this.#reread())
    if (parts.onEvent) this.view.emitter.on('*', parts.onEvent)
  }

  /** Whether it has something that exists nowhere else, or works on it. */
  get isBusy(): boolean {
    return this.#loading !== undefined || this.flight.isFlying() || this.session.isHeld
  }

  /** Starts to renew by itself. */
  start(): void {
    if (this.#isActive) return
    this.#isActive = true
    this.#ignoreWake = this.#parts.watchWake?.((isBackOnline) => {
      void this.#reread(isBackOnline ? this.#hurry() : undefined)
    })
    void this.tend()
  }

  /** Sees to what is due by what is known. */
  look(): void {
    this.#look()
    this.view.deliver()
  }

  /** Sees to what is due, and resolves when that is done or has failed for now. */
  async tend(): Promise<void> {
    await this.#reread(this.load())
    await this.flight.settled()
  }

  /** Renews only when it is asked to. It goes on to follow what other holders do. */
  stop(): void {
    this.#isActive = false
    this.#schedule.stop()
    this.#ignoreWake?.()
    this.#plan()
  }

  /** Does nothing by itself any more, and begins nothing. */
  end(): void {
    this.#isOver = true
    this.stop()
    this.#ignoreStore?.()
  }

  /** Whether this holder knows of a session, or better than the store. Otherwise another one may have signed in. */
  get isLoaded(): boolean {
    return this.session.record?.state === 'live' || this.session.isHeld
  }

  /** Looks into the store where that may bring something. */
  load(): Promise<void> {
    if (this.isLoaded) return Promise.resolve()
    const load = async (): Promise<void> => {
      await this.session.read()
      const { environment, client, grant } = this.#parts
      if (!grant.startsSession) return
      const proofKey = await client.prover?.makeKey()
      await this.session.update(begin(environment, { scope: client.scope, proofKey }))
    }
    const fail = (error: unknown): never => {
      if (isEvergrantError(error)) this.noteStoreFailure(error)
      this.view.deliver()
      throw error
    }
    return (this.#loading ??= load()
      .catch(fail)
      .finally(() => (this.#loading = undefined)))
  }

  /** Gets a token of a kind that is newer than that of `record`. `rejected` is the token that a server refused. */
  renew(record: LiveRecord, kind: TokenKind, rejected?: string): Promise<void> {
    if (this.flight.pauseMs() > 0) return this.#refuse(record)
    const isRejected = rejected !== undefined && tokenOf(record, kind.key)?.token === rejected
    return this.flight.join(kind.key, async () => {
      await renew(this.#renewal, {
        kind,
        previous: record,
        isRejected,
        isFresh: () => this.view.isFresh(kind.key),
        isOver: () => this.#isOver,
      })
      this.refusals = isRejected ? this.refusals + 1 : 0
    })
  }

  /** Renews while nobody waits for it, if an attempt makes sense now. */
  renewBehind(record: LiveRecord, kind: TokenKind = defaultKind): void {
    if (!this.flight.isPassable() || this.flight.pauseMs() > 0) return
    this.renew(record, kind).catch((error: unknown) => {
      // Listeners and later callers learn of failures. Anything else is a defect, and must not go unseen.
      if (!isEvergrantError(error)) throw error
    })
  }

  /** Says why there is no renewal for now, unless the store knows better. */
  async #refuse(record: LiveRecord): Promise<void> {
    await this.session.read().catch(() => undefined)
    const { failure } = this.flight
    if (failure && lineageOf(this.session.record) === lineageOf(record)) throw failure
  }

  /**
   * Takes notice of what others have written, by a look that begins now: one under way may have missed it. While the store
   * fails, it is asked again.
   */
  #reread(reading: Promise<void> = this.session.read()): Promise<void> {
    const onFailure = (error: EvergrantError): void => {
      this.noteStoreFailure(error)
      const now = this.#parts.environment.monotonic()
      this.#failsSince ??= now
      if (now - this.#failsSince >= longestUnknownMs) this.view.expectNobody()
      this.#plan()
    }
    return reading.then(() => this.#look(), onFailure).then(() => this.view.deliver())
  }

  /** The network is back: a pause after no answer ends. One that a server may have asked for, or another holder, stays. */
  async #hurry(): Promise<void> {
    await this.session.read()
    const { failure } = this.flight
    if (failure?.code !== 'unavailable' || failure.status !== undefined) return
    const now = this.#parts.environment.now()
    await this.session.update((stored) => {
      if (stored?.state !== 'live' || stored.intent?.owner !== this.owner) return undefined
      const { intent } = stored
      // The pause after a refusal is for a holder that may be slow to store what it has.
      if (!intent.pause || intent.isRefused || now - intent.pause.from < shortestHurryMs) return undefined
      return { ...stored, intent: { ...intent, pause: { ...intent.pause, ms: 0 } } }
    })
    this.flight.unpause()
  }

  /** Tells of a failure of the store, once for as long as it lasts. */
  noteStoreFailure(error: EvergrantError): void {
    if (this.#storeFailure?.code !== error.code) this.view.report(error)
    this.#storeFailure = error
    this.#showFailure()
  }

  #showFailure(): void {
    this.view.showFailure(this.#storeFailure ?? this.flight.failure)
  }

  /** Looks at the clock, and decides by it what is due: timers and other hints come when they like. */
  #look(): void {
    const { record, isKnown } = this.session
    if (!isKnown) return void this.#reread()
    const isDue = record?.state === 'live' && (!this.view.isFresh() || record.intent !== undefined)
    if (isDue && this.#isActive && !this.#isQuiet()) this.renewBehind(record)
    this.#plan()
  }

  /**
   * Sets the timer for the next look. An intent in the record wants one soon: if its owner has died, the refresh token
   * may be spent, and the server may accept it again for a short time only.
   */
  #plan(): void {
    const { record, isKnown } = this.session
    // What it missed may be a sign-out, which matters to who renews only when asked, too.
    if (!isKnown && !this.#isOver && (this.#isActive || record)) return this.#schedule.lookIn(rereadMs)
    if (!this.#isActive) return
    if (record?.state !== 'live' || !this.flight.isPassable() || this.#isQuiet()) return this.#schedule.stop()
    const { intent } = record
    const untilRetry = intent?.pause ? pauseLeft(intent.pause, this.#parts.environment.now()) : rivalMs
    const untilDue = intent ? untilRetry : (this.view.lifetime?.untilDue() ?? 0)
    this.#schedule.lookIn(Math.min(Math.max(untilDue, this.flight.pauseMs()), this.#horizon.look(record)))
  }

  /**
   * A hidden page leaves the session alone until it is seen or asked again, but not a renewal that is under way or in doubt:
   * the server may accept its refresh token again for a short time only.
   */
  #isQuiet(): boolean {
    const intent = intentOf(this.session.record)
    const isUnderWay = intent !== undefined && (intent.inDoubt || intent.pause === undefined)
    return !isUnderWay && this.#parts.isHidden?.() === true
  }

  /** Takes over what the session has become. */
  #follow(): void {
    const { record } = this.session
    this.#renewal.rival.watch(record)
    const intent = intentOf(record)
    if (intent && intent.owner !== this.owner && this.flight.failure?.code !== 'storage_failed') this.flight.unpause()
    if (record?.state === 'live') this.revocations.spare(record)
    if (lineageOf(record) !== lineageOf(this.view.record)) this.flight.reset()
    if (this.session.isKnown && !this.session.isHeld) {
      this.#storeFailure = undefined
      // A renewal that has failed for it is not needed yet: it was asked for.
      if (this.flight.failure?.code === 'storage_failed' && this.view.isFresh()) this.flight.reset()
    }
    this.#showFailure()
    // What this holder knows before the store does comes from here.
    if (this.session.isHeld) this.view.expectNobody()
    this.view.follow(record)
    this.#plan()
    if (!this.flight.isFlying()) void Promise.resolve().then(() => this.view.deliver())
  }

  /** A renewal is over and its lock free: only now may listeners be called. */
  #landed(news: EvergrantError | undefined): void {
    this.#showFailure()
    // The end of a session is an event of its own.
    if (news && this.session.record?.state === 'live') this.view.report(news)
    this.#plan()
    this.view.deliver()
  }

  /** Tells listeners at once. Never to be called where a lock is held. */
  tell(event: TokenEvent): void {
    this.view.tell(event)
    this.view.deliver()
  }
}
