import { authorizedFetch, type ApiRequest } from './authorized-fetch.js'
import type { OAuthClient } from './client.js'
import { diagnose, type Diagnosis } from './diagnosis.js'
import { within, type Environment } from './environment.js'
import { EvergrantError } from './errors.js'
import type { TokenEvent } from './events.js'
import { Keeper } from './keeper.js'
import type { ManagerParts } from './parts.js'
import { lineageOf, type LiveRecord, type SessionRecord } from './record.js'
import type { ProofKey, Send } from './proof.js'
import type { Change, Session } from './session.js'
import {
  assertBound,
  noRefreshToken,
  overBy,
  readSignIn,
  signIn,
  signOut,
  timeAfter,
  tombstoneOf,
  type Note,
} from './sign-in-out.js'
import type { Snapshot } from './snapshot.js'
import { callerMs, getTokens } from './get-tokens.js'
import {
  sessionName,
  settled,
  withSession,
  type AccessTokenOptions,
  type SetTokensOptions,
  type TokenManager,
  type Tokens,
} from './token-manager.js'
import type { TokenResponse } from './token-response.js'
import { WaitingRoom } from './waiting-room.js'

/** Longer than a renewal may take and a store may be given to take what came of it. */
const farewellMs = 60_000

/** What a sign-in or sign-out has led to. */
interface Decided {
  /** Why the store has not taken it yet. */
  readonly failure: EvergrantError | undefined
  readonly replaced: readonly LiveRecord[]
}

/** Puts a manager together. All it does with the outside goes through `parts`. A pool has the keeper in its own hands, too. */
export function createManager(parts: ManagerParts, keeper: Keeper = new Keeper(parts)): TokenManager {
  return new Manager(parts, keeper)
}

class Manager implements TokenManager {
  readonly #parts: ManagerParts
  readonly #environment: Environment
  readonly #keeper: Keeper
  readonly #waitingRoom: WaitingRoom
  /** The key of the last sign-in here. */
  #makingKey: Promise<ProofKey> | undefined
  readonly client: OAuthClient
  readonly [sessionName]: string
  readonly fetch: typeof fetch

  constructor(parts: ManagerParts, keeper: Keeper) {
    this.#parts = parts
    this.#environment = parts.environment
    this.#waitingRoom = new WaitingRoom(parts.environment)
    this.#keeper = keeper
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

  getTokens(options: AccessTokenOptions = {}): Promise<Tokens> {
    return getTokens(this.#parts, this.#keeper, this.#waitingRoom, options)
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
    const isOver = unlessSignedIn ? overBy(session) : () => true
    const { failure, replaced } = await this.#decide(record, (note) => signIn(record, now, note, isOver))
    this.#keeper.refusals = 0
    if (failure) this.#keeper.noteStoreFailure(failure)
    for (const previous of replaced) void revocations.discard(previous, session.record)
    const isTaken = lineageOf(session.record) === lineageOf(record)
    if (isTaken && scope?.split(' ').includes('offline_access') && !record.refreshToken) view.tell(noRefreshToken)
    this.#keeper.look()
  }

  async signOut(): Promise<{ idToken: string | undefined }> {
    const { session, revocations } = this.#keeper
    const { now } = this.#environment
    // A sign-in that was begun before comes first.
    if (this.#makingKey) await this.#makingKey.catch(() => undefined)
    // A store that cannot be read may hold a session all the same.
    if (session.record?.state !== 'live') await this.#keeper.load().catch(() => undefined)
    const { record: known, isHeld } = session
    const tombstone = tombstoneOf(known, timeAfter(known, now()))
    const { failure, replaced } = await this.#decide(tombstone, (note) => signOut(tombstone, now, note, isHeld))
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
    const { session, view, revocations } = this.#keeper
    const replaced = new Set<LiveRecord>()
    let isLate = false
    const note: Note = (stored) => {
      if (stored?.state !== 'live') return
      replaced.add(stored)
      if (isLate) void revocations.discard(stored, next)
    }
    note(session.record)
    const change = makeChange(note)
    // A sign-out counts at once, whatever the store says.
    if (next.state === 'signed_out' && session.record?.state === 'live') session.hold(next, change)
    const deciding = session.decide(next, change)
    // A listener may let somebody sign in, which comes after this.
    view.deliver()
    const failure = await deciding
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
}

function tooLate(): EvergrantError {
  return new EvergrantError('unavailable', 'the renewal under way does not end')
}
