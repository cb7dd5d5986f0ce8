import { pauseLeft } from './backoff.js'
import { diagnose, Journal, type Diagnosis } from './diagnosis.js'
import { sleep, type Environment } from './environment.js'
import { EvergrantError, isEvergrantError } from './errors.js'
import type { TokenEvent } from './events.js'
import { Flight, isPassing } from './flight.js'
import type { Grant, IdTokenCheck } from './grant.js'
import type { Lock } from './lock.js'
import { lineageOf, type AccessToken, type LiveRecord } from './record.js'
import { answerMs, renew, type RenewalNote, type RenewalParts } from './renewal.js'
import { Schedule } from './schedule.js'
import { requireLive, Session } from './session.js'
import { readSignIn, signIn, signOut, timeAfter, tombstoneOf } from './sign-in-out.js'
import type { Snapshot } from './snapshot.js'
import type { TokenStore } from './store.js'
import type { AccessTokenOptions, TokenManager, Tokens } from './token-manager.js'
import type { TokenResponse } from './token-response.js'
import { View } from './view.js'
import { WaitingRoom } from './waiting-room.js'

/** A caller waits as long as a request may take: by then a fresh answer is there or a retry is due. */
const callerMs = answerMs
const newEnoughMs = 5000
const shortestPauseMs = 50
/** How long another holder is left to its renewal before this one looks after it. */
const rivalMs = 2000
/** How soon a store that failed is asked again. */
const rereadMs = 1000

/** The parts a manager is put together from. */
export interface ManagerParts {
  readonly environment: Environment
  readonly store: TokenStore
  /** Names the record in the store. */
  readonly key: string
  readonly lock: Lock
  readonly grant: Grant
  readonly checkIdToken: IdTokenCheck
  /** The scope that was asked for; counts as granted when the server does not say otherwise. */
  readonly scope: string | undefined
  readonly renewEarlySeconds: number
  readonly autoRenew: boolean
  /** Calls back when a device may have slept or come online. Returns what ends it. */
  readonly watchWake?: ((look: () => void) => () => void) | undefined
}

/** Puts a manager together. All it does with the outside goes through `parts`. */
export function createManager(parts: ManagerParts): TokenManager {
  return new Manager(parts)
}

class Manager implements TokenManager {
  readonly #parts: ManagerParts
  readonly #environment: Environment
  readonly #session: Session
  readonly #renewal: RenewalParts
  readonly #view: View
  readonly #flight: Flight
  readonly #schedule: Schedule
  readonly #journal: Journal
  readonly #waitingRoom: WaitingRoom
  #loading: Promise<void> | undefined
  /** The session and generation that callers were last told of, and those that this manager's last renewal led to. */
  #lineage: string | undefined
  #ownLineage: string | undefined
  /** How many renewals in a row were made because a server refused the token. */
  #refusals = 0
  #stopWatching: (() => void)[] | undefined

  constructor(parts: ManagerParts) {
    const { environment, key, store, lock, grant, checkIdToken } = parts
    this.#parts = parts
    this.#environment = environment
    this.#waitingRoom = new WaitingRoom(environment)
    this.#journal = new Journal(() => environment.now())
    this.#view = new View(environment, parts.renewEarlySeconds * 1000, this.#journal)
    this.#schedule = new Schedule(environment, () => this.#look())
    this.#flight = new Flight(environment, (failure) => this.#landed(failure))
    this.#session = new Session(key, store, environment, () => this.#follow())
    const note = (note: RenewalNote): void => this.#take(note)
    this.#renewal = {
      session: this.#session,
      environment,
      lock,
      grant,
      checkIdToken,
      owner: environment.uniqueId(),
      note,
    }
    if (parts.autoRenew) this.start()
  }

  readonly getSnapshot = (): Snapshot => this.#view.snapshot

  readonly subscribe = (listener: () => void): (() => void) => this.#view.emitter.on('change', listener)

  on<T extends TokenEvent['type']>(type: T, listener: (event: Extract<TokenEvent, { type: T }>) => void): () => void {
    return this.#view.emitter.on(type, listener)
  }

  getAccessToken(options?: AccessTokenOptions): Promise<string> {
    if (!options && this.#view.ready && this.#view.isFresh()) return this.#view.ready
    return this.#obtain(options).then((tokens) => tokens.accessToken)
  }

  getTokens(options?: AccessTokenOptions): Promise<Tokens> {
    return this.#obtain(options)
  }

  renew(): Promise<Tokens> {
    return this.#obtain({ forceRenew: true })
  }

  async setTokens(response: TokenResponse, { receivedAt }: { receivedAt?: number | undefined } = {}): Promise<void> {
    const { environment, scope, checkIdToken } = this.#parts
    const content = readSignIn(response, receivedAt ?? environment.now(), scope, checkIdToken)
    const at = timeAfter(this.#session.record, environment.now())
    const record = { ...content, sessionId: environment.uniqueId(), at }
    const failure = await this.#session.decide(record, signIn(record, environment.now))
    if (failure) this.#view.report(failure)
    this.#view.deliver()
  }

  async signOut(): Promise<void> {
    await this.#load()
    const { record } = this.#session
    if (!record || record.state === 'signed_out') return
    const { now } = this.#environment
    const at = timeAfter(record, now())
    const tombstone = tombstoneOf(record, at)
    this.#session.hold(tombstone, signOut(at, now))
    this.#view.deliver()
    const failure = await this.#session.decide(tombstone, signOut(at, now))
    if (failure) throw failure
  }

  start(): void {
    if (this.#stopWatching || this.#waitingRoom.isClosed) return
    const { store, key, watchWake } = this.#parts
    const stops = [store.watch?.(key, () => this.#reread()), watchWake?.(() => this.#look())]
    this.#stopWatching = stops.filter((stop) => stop !== undefined)
    this.#reread(this.#load())
  }

  stop(): void {
    this.#schedule.stop()
    for (const stop of this.#stopWatching ?? []) stop()
    this.#stopWatching = undefined
  }

  dispose(): void {
    this.stop()
    this.#session.stop()
    this.#view.emitter.clear()
    this.#waitingRoom.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose()
    await this.#flight.settled()
    await this.#session.flush().catch(() => undefined)
  }

  diagnose(): Diagnosis {
    const left = this.#view.lifetime?.remaining() ?? Infinity
    return diagnose(this.#session, left, this.#parts.lock, this.#renewal.owner, this.#journal)
  }

  /** Gives tokens that meet `options`, renewing as often as it takes and as the caller's time allows. */
  async #obtain(options: AccessTokenOptions = {}): Promise<Tokens> {
    const { signal } = options
    const endsAt = this.#environment.monotonic() + callerMs
    await this.#waitingRoom.wait(this.#load(), endsAt, signal)
    const { sessionId, generation } = requireLive(this.#session.record)
    for (;;) {
      const record = requireLive(this.#session.record)
      if (record.sessionId !== sessionId)
        throw new EvergrantError('aborted', 'another session took the place of this one')
      const token = this.#usableToken(record, options, generation)
      if (token) {
        if (!this.#view.isFresh()) this.#renewBehind(record)
        return tokensOf(record, token, this.#view.lifetime?.expiresAt)
      }
      await this.#waitingRoom.wait(this.#renewNow(record, options.rejected), endsAt, signal).catch((error: unknown) => {
        const pauseMs = this.#pauseBeforeRetry(error)
        if (this.#environment.monotonic() + pauseMs >= endsAt) throw error
        return this.#waitingRoom.wait(sleep(this.#environment, pauseMs), endsAt, signal)
      })
    }
  }

  /** How long to wait before asking again makes sense; `Infinity` when it makes none. */
  #pauseBeforeRetry(error: unknown): number {
    if (!isEvergrantError(error) || !isPassing(error) || error.retryAt === undefined) return Infinity
    return Math.max(shortestPauseMs, error.retryAt - this.#environment.now())
  }

  /** The access token of `record`, if it will do; `generation` is the one that the call began with. */
  #usableToken(record: LiveRecord, options: AccessTokenOptions, generation: number): AccessToken | undefined {
    const { minValiditySeconds = 0, forceRenew = false, rejected } = options
    const token = record.accessTokens['']
    const left = this.#view.lifetime?.remaining() ?? 0
    if (!token || left <= 0) return undefined
    if (record.generation !== generation) return token
    if (left < minValiditySeconds * 1000) return undefined
    const isRejected = token.token === rejected
    const age = this.#environment.now() - token.obtainedAt
    const isNew = age >= 0 && age < newEnoughMs * (isRejected ? 2 ** this.#refusals - 1 : 1)
    return isNew || !(forceRenew || isRejected) ? token : undefined
  }

  #renewNow(record: LiveRecord, rejected?: string): Promise<void> {
    const { sessionId, generation } = record
    const isRejected = rejected !== undefined && record.accessTokens['']?.token === rejected
    return this.#flight.join(() => {
      this.#refusals = isRejected ? this.#refusals + 1 : 0
      const isFresh = (): boolean => this.#view.isFresh()
      return renew(this.#renewal, { sessionId, newerThan: generation, isFresh, isRejected })
    })
  }

  #renewBehind(record: LiveRecord): void {
    if (!this.#flight.isPassable() || this.#flight.pauseMs() > 0) return
    this.#renewNow(record).catch((error: unknown) => {
      // Listeners and later callers learn of failures. Anything else is a defect, and must not go unseen.
      if (!isEvergrantError(error)) throw error
    })
  }

  /** Takes notice of what others have written. While the store fails, it is asked again. */
  #reread(reading: Promise<void> = this.#session.read()): void {
    reading.then(
      () => {
        this.#look()
        this.#view.deliver()
      },
      (error: EvergrantError) => {
        if (this.#view.snapshot.error?.code !== error.code) this.#view.report(error)
        this.#view.showFailure(error)
        this.#plan()
        this.#view.deliver()
      },
    )
  }

  /** Looks at the clock, and decides by it what is due: timers and other hints come when they like. */
  #look(): void {
    const { record, isKnown } = this.#session
    if (!isKnown) return this.#reread()
    if (record?.state === 'live' && (!this.#view.isFresh() || record.intent)) this.#renewBehind(record)
    this.#plan()
  }

  /**
   * Sets the timer for the next look. An intent in the record wants one soon: if its owner has died, the refresh token
   * may be spent, and the server may accept it again for a short time only.
   */
  #plan(): void {
    const { record, isKnown } = this.#session
    if (!this.#stopWatching) return
    if (!isKnown) return this.#schedule.lookIn(rereadMs)
    if (record?.state !== 'live' || !this.#flight.isPassable()) return this.#schedule.stop()
    const untilDue = this.#view.lifetime?.untilDue() ?? 0
    const { intent } = record
    const untilRetry = intent?.pause ? pauseLeft(intent.pause, this.#environment.now()) : rivalMs
    this.#schedule.lookIn(Math.max(intent ? Math.min(untilRetry, untilDue) : untilDue, this.#flight.pauseMs()))
  }

  /** Takes over what the session has become. */
  #follow(): void {
    const { record } = this.#session
    const lineage = lineageOf(record)
    if (record?.state === 'live' && record.intent && record.intent.owner !== this.#renewal.owner) this.#flight.unpause()
    if (lineage !== this.#lineage) {
      this.#lineage = lineage
      this.#flight.reset()
      this.#view.showFailure(undefined)
    }
    this.#view.follow(record, lineage === this.#ownLineage)
    this.#plan()
    if (!this.#flight.isFlying()) void Promise.resolve().then(() => this.#view.deliver())
  }

  #landed(news: EvergrantError | undefined): void {
    this.#view.showFailure(this.#flight.failure)
    if (news && !news.loginRequired) this.#view.report(news)
    this.#plan()
    this.#view.deliver()
  }

  #take(note: RenewalNote): void {
    this.#journal.take(note)
    if (note.type === 'answer') this.#ownLineage = note.lineage
    if (note.type === 'problem') this.#view.report(note.error)
  }

  /** Looks into the store unless there is a session: another holder may have signed in. */
  #load(): Promise<void> {
    if (this.#session.record?.state === 'live') return Promise.resolve()
    return (this.#loading ??= this.#session.read().finally(() => (this.#loading = undefined)))
  }
}

function tokensOf(record: LiveRecord, token: AccessToken, expiresAt: number | undefined): Tokens {
  const { idToken, identity, extra, scope } = record
  return {
    accessToken: token.token,
    tokenType: token.type,
    expiresAt,
    scope: token.scope ?? scope,
    idToken,
    identity,
    extra,
  }
}
