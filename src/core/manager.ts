import { authorizedFetch, type ApiRequest } from './authorized-fetch.js'
import type { OAuthClient } from './client.js'
import { diagnose, type Diagnosis } from './diagnosis.js'
import { answerMs, sleep, within, type Environment } from './environment.js'
import { EvergrantError, isEvergrantError } from './errors.js'
import type { TokenEvent } from './events.js'
import { isPassing } from './flight.js'
import { Keeper } from './keeper.js'
import type { Lifetime } from './lifetime.js'
import type { ManagerParts } from './parts.js'
import { isSameToken, lineageOf, tokenOf, type AccessToken, type LiveRecord, type SessionRecord } from './record.js'
import type { ProofKey, Send } from './proof.js'
import { requireLive, type Change, type Session } from './session.js'
import {
  assertBound,
  noRefreshToken,
  readSignIn,
  sinceHeld,
  signIn,
  signOut,
  timeAfter,
  tombstoneOf,
  type Decided,
  type Note,
} from './sign-in-out.js'
import type { Snapshot } from './snapshot.js'
import { kindOf, type TokenKind } from './token-kind.js'
import {
  sessionName,
  settled,
  tokensOf,
  withSession,
  type AccessTokenOptions,
  type SetTokensOptions,
  type TokenManager,
  type Tokens,
} from './token-manager.js'
import type { TokenResponse } from './token-response.js'
import { WaitingRoom } from './waiting-room.js'

/** A caller waits as long as a request may take: by then a fresh answer is there or a retry is due. */
const callerMs = answerMs
const newEnoughMs = 5000
/** How often within one call a new token may be over before it can be used, as after a sleep, or a session be lost that begins by itself. */
const mostSpoiled = 2
const shortestPauseMs = 50
/** Longer than a renewal may take and a store may be given to take what came of it. */
const farewellMs = 60_000

/** A manager as a pool holds it. */
export interface PooledManager extends TokenManager {
  /** Whether it has something that exists nowhere else, or works on it. */
  readonly isBusy: boolean
  /** Whether the last look at the store succeeded. */
  readonly isKnown: boolean
  /** Sees to what is due, and resolves when that is done or has failed for now. */
  tend(): Promise<void>
}

/** Puts a manager together. All it does with the outside goes through `parts`. */
export function createManager(parts: ManagerParts): PooledManager {
  return new Manager(parts)
}

class Manager implements PooledManager {
  readonly #parts: ManagerParts
  readonly #environment: Environment
  readonly #keeper: Keeper
  readonly #waitingRoom: WaitingRoom
  /** The key of the last sign-in here. */
  #makingKey: Promise<ProofKey> | undefined
  readonly client: OAuthClient
  readonly [sessionName]: string
  readonly fetch: typeof fetch

  constructor(parts: ManagerParts) {
    this.#parts = parts
    this.#environment = parts.environment
    this.#waitingRoom = new WaitingRoom(parts.environment)
    this.#keeper = new Keeper(parts)
    this.client = parts.client
    this[sessionName] = parts.key
    this.fetch = authorizedFetch({
      ...parts,
      getTokens: (options) => this.getTokens(options),
      prove: (request, tokens, send) => this.#prove(request, tokens, send),
      onChallenge: (event) => this.#keeper.tell(event),
    })
    if (parts.autoRenew) this.start()
  }

  readonly getSnapshot = (): Snapshot => this.#keeper.view.snapshot

  readonly subscribe = (listener: () => void): (() => void) => this.#keeper.view.emitter.on('change', listener)

  on<T extends TokenEvent['type']>(type: T, listener: (event: Extract<TokenEvent, { type: T }>) => void): () => void {
    return this.#keeper.view.emitter.on(type, listener)
  }

  getAccessToken(options?: AccessTokenOptions): Promise<string> {
    const { view } = this.#keeper
    if (!options && view.ready && view.isFresh() && !this.#waitingRoom.isClosed) return view.ready
    return this.getTokens(options).then((tokens) => tokens.accessToken)
  }

  async getTokens(options: AccessTokenOptions = {}): Promise<Tokens> {
    const keeper = this.#keeper
    const kind = kindOf(options)
    const endsAt = this.#environment.monotonic() + callerMs
    this.#waitingRoom.assertOpen(options.signal)
    const load = (): Promise<void> => this.#waitingRoom.wait(keeper.load(), endsAt, options.signal)
    if (!keeper.isLoaded) await load()
    const first = requireLive(keeper.session.record)
    const previous = tokenOf(first, kind.key)
    let spoiled = 0
    const { startsSession } = this.#parts.grant
    for (let lost = 0; ;) {
      // The store has lost what anybody may begin anew, or somebody has signed out.
      if (startsSession && !keeper.isLoaded) {
        if (++lost > mostSpoiled) throw new EvergrantError('storage_failed', 'the store loses what is written to it')
        await load()
      }
      const record = requireLive(keeper.session.record)
      if (record.sessionId !== first.sessionId && !startsSession)
        throw new EvergrantError('aborted', 'another session took its place')
      const lifetime = keeper.view.lifetimeOf(kind.key)
      const token = tokenOf(record, kind.key)
      const isNew = !isSameToken(token, previous)
      if (token && lifetime && lifetime.remaining() > 0 && (isNew || this.#willDo(token, lifetime, options))) {
        if (lifetime.untilDue() <= 0) keeper.renewBehind(record, kind)
        return tokensOf(record, token, lifetime.expiresAt)
      }
      if (token && isNew && ++spoiled > mostSpoiled)
        throw new EvergrantError('unavailable', 'the access tokens of this server end before they can be used')
      await this.#renewOrWait(record, kind, options, endsAt)
    }
  }

  renew(): Promise<Tokens> {
    return this.getTokens({ forceRenew: true })
  }

  async setTokens(response: TokenResponse, options: SetTokensOptions = {}): Promise<void> {
    const { session, view, revocations } = this.#keeper
    const { now, uniqueId } = this.#environment
    const { receivedAt = now(), scope = this.client.scope, unlessSignedIn = false } = options
    const { prover } = this.client
    const proofKey = options.proofKey ?? (prover && (await (this.#makingKey = prover.makeKey())))
    const content = readSignIn(response, receivedAt, scope, this.#parts.checkIdToken)
    assertBound(content, prover, options.proofKey)
    if (unlessSignedIn && session.record?.state === 'live') return
    const record = { ...content, proofKey, sessionId: uniqueId(), at: timeAfter(session.record, now()) }
    const yieldsTo = unlessSignedIn ? sinceHeld(session) : Infinity
    const { failure, replaced } = await this.#decide(record, (note) => signIn(record, now, note, yieldsTo))
    this.#keeper.refusals = 0
    if (failure) this.#keeper.noteStoreFailure(failure)
    for (const previous of replaced) void revocations.discard(previous, session.record)
    const isTaken = lineageOf(session.record) === lineageOf(record)
    if (isTaken && scope?.split(' ').includes('offline_access') && !record.refreshToken) view.tell(noRefreshToken)
    this.#keeper.look()
  }

  async signOut(): Promise<{ idToken: string | undefined }> {
    const { session, view, revocations } = this.#keeper
    const { now } = this.#environment
    // A sign-in that was begun before comes first.
    if (this.#makingKey) await this.#makingKey.catch(() => undefined)
    // A store that cannot be read may hold a session all the same.
    if (session.record?.state !== 'live') await this.#keeper.load().catch(() => undefined)
    const { record: known, isHeld } = session
    const at = timeAfter(known, now())
    const tombstone = tombstoneOf(known, at)
    const deciding = this.#decide(tombstone, (note) => {
      const change = signOut(at, now, note, isHeld ? tombstone : undefined)
      if (session.record?.state === 'live') session.hold(tombstone, change)
      return change
    })
    // A listener may let somebody sign in, which comes after this.
    view.deliver()
    const { failure, replaced } = await deciding
    await Promise.all(replaced.map((record) => revocations.discard(record, session.record ?? tombstone)))
    if (failure) throw failure
    return { idToken: replaced[0]?.idToken }
  }

  start(): void {
    if (!this.#waitingRoom.isClosed) this.#keeper.start()
  }

  stop(): void {
    this.#keeper.stop()
  }

  get isKnown(): boolean {
    return this.#keeper.session.isKnown
  }

  get isBusy(): boolean {
    return this.#keeper.isBusy
  }

  tend(): Promise<void> {
    return this.#keeper.tend()
  }

  dispose(): void {
    const { view } = this.#keeper
    this.#keeper.end()
    view.emitter.clear()
    this.#waitingRoom.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose()
    // A process does not end before that.
    await within(this.#environment, farewellMs, this[settled](), tooLate, true)
  }

  async [settled](): Promise<void> {
    await this.#keeper.flight.settled()
    await this.#keeper.session.handOver()
  }

  async [withSession]<T>(work: (session: Session) => Promise<T>): Promise<T> {
    await this.#waitingRoom.wait(this.#keeper.load(), this.#environment.monotonic() + callerMs, undefined)
    return work(this.#keeper.session).finally(() => this.#keeper.look())
  }

  diagnose(): Diagnosis {
    const { session, view, owner } = this.#keeper
    return diagnose(session, view.lifetime?.remaining() ?? Infinity, this.#parts.lock, owner, view.journal)
  }

  /**
   * Carries out a sign-in or sign-out. Resolves to the sessions that it takes the place of, newest first; what the store
   * holds besides, when it takes the decision late, is revoked then.
   */
  async #decide(next: SessionRecord, makeChange: (note: Note) => Change): Promise<Decided> {
    const { session, revocations } = this.#keeper
    const replaced = new Set<LiveRecord>()
    let isLate = false
    const note: Note = (stored) => {
      if (stored?.state !== 'live') return
      replaced.add(stored)
      if (isLate) void revocations.discard(stored, next)
    }
    note(session.record)
    const failure = await session.decide(next, makeChange(note))
    isLate = true
    return { failure, replaced: [...replaced].reverse() }
  }

  /** Sends a call to an API, with a proof when the session is bound to a key. */
  #prove(request: ApiRequest, { accessToken, sessionId }: Tokens, send: Send): Promise<Response> {
    const { record } = this.#keeper.session
    const key = record?.state === 'live' && record.sessionId === sessionId ? record.proofKey : undefined
    const { prover } = this.client
    const { now } = this.#environment
    return key && prover ? prover.prove({ ...request, key, accessToken, now }, send) : send()
  }

  /** Whether a token that was there when a call began is what it wants. */
  #willDo(token: AccessToken, lifetime: Lifetime, options: AccessTokenOptions): boolean {
    const { minValiditySeconds = 0, forceRenew = false, rejected } = options
    const wanted = minValiditySeconds * 1000
    // Where no token of this server lives that long, renewing would not help.
    const isShort = lifetime.remaining() < wanted && wanted + newEnoughMs < (token.lifetimeMs ?? 0)
    const isRejected = token.token === rejected
    const age = this.#environment.now() - token.obtainedAt
    // After n refused renewals in a row a token counts as new for 5 s * (2^n - 1), so that an API which refuses every
    // token does not cause a renewal per call; for five minutes at most, as others may renew meanwhile.
    const isNew = age >= 0 && age < newEnoughMs * (isRejected ? 2 ** Math.min(this.#keeper.refusals, 6) - 1 : 1)
    return isNew || !(forceRenew || isRejected || isShort)
  }

  /** Renews. When that fails for now and the caller has the time, waits until it makes sense to try again. */
  async #renewOrWait(
    record: LiveRecord,
    kind: TokenKind,
    { rejected, signal }: AccessTokenOptions,
    endsAt: number,
  ): Promise<void> {
    const room = this.#waitingRoom
    try {
      await room.wait(this.#keeper.renew(record, kind, rejected), endsAt, signal)
    } catch (error) {
      if (!isEvergrantError(error) || !isPassing(error) || error.retryAt === undefined) throw error
      const pauseMs = Math.max(shortestPauseMs, error.retryAt - this.#environment.now())
      if (this.#environment.monotonic() + pauseMs >= endsAt) throw error
      await room.wait(sleep(this.#environment, pauseMs), endsAt, signal)
    }
  }
}

function tooLate(): EvergrantError {
  return new EvergrantError('unavailable', 'the renewal under way does not end')
}
