import type { OAuthClient } from './client.js'
import type { Diagnosis } from './diagnosis.js'
import { EvergrantError } from './errors.js'
import type { TokenEvent } from './events.js'
import type { Identity } from './grant.js'
import type { ProofKey } from './proof.js'
import type { AccessToken, LiveRecord } from './record.js'
import type { Session } from './session.js'
import type { Snapshot } from './snapshot.js'
import type { TokenKindOptions } from './token-kind.js'
import type { TokenResponse } from './token-response.js'

/** How a call wants its access token. */
export interface AccessTokenOptions extends TokenKindOptions {
  /**
   * For how many seconds the token must still be valid; 0 by default. A token obtained within the last
   * five seconds always does, and where the server's tokens do not live as long as this, so does any that is valid.
   */
  readonly minValiditySeconds?: number | undefined
  /** Whether to renew although the token is fresh. A token renewed within the last five seconds counts as new. */
  readonly forceRenew?: boolean | undefined
  /**
   * The token that a server refused with 401. If it is still the current one it is renewed, once for all who were
   * refused; otherwise the current one is given. When the server refuses the renewed token too, renewals become rare
   * and the refused token comes back, so that the call fails and shows why.
   */
  readonly rejected?: string | undefined
  /** Ends the wait of this call with an error of code `aborted`. A renewal under way goes on. */
  readonly signal?: AbortSignal | undefined
}

/** What is known of a token response besides its content. */
export interface SetTokensOptions {
  /** When it was received, in milliseconds since 1970; now by default. */
  readonly receivedAt?: number | undefined
  /** The scope that was asked for; the manager's by default. */
  readonly scope?: string | undefined
  /** The key that the tokens are bound to (RFC 9449). A refresh token alone is bound to a new one, where the manager has `dpop`. */
  readonly proofKey?: ProofKey | undefined
  /**
   * Whether a session that is there already stays as it is, also when another tab or process has begun it at this moment: for
   * tokens that are kept elsewhere, and may be spent by now. `false` by default.
   */
  readonly unlessSignedIn?: boolean | undefined
}

/** The tokens of a session as far as callers need them. */
export interface Tokens {
  readonly accessToken: string
  /** Made anew at each sign-in. */
  readonly sessionId: string
  /** The scheme of the `Authorization` header: `Bearer`, or `DPoP`, which wants a proof with each call: {@link TokenManager.fetch} makes them. */
  readonly tokenType: string
  /** When the access token ends, in milliseconds since 1970, if the server said so. */
  readonly expiresAt: number | undefined
  /** The scope of the access token, if the server said so. */
  readonly scope: string | undefined
  /** The newest ID token, if the server ever issued one. It may have expired: it says who signed in, not that one may. */
  readonly idToken: string | undefined
  /** Claims of the first ID token, which never change within a session. */
  readonly identity: Identity | undefined
  /** Members of the last answer that this package does not know, as JSON holds them. */
  readonly extra: Readonly<Record<string, unknown>> | undefined
}

/** What callers get of a record. */
export function tokensOf(record: LiveRecord, token: AccessToken, expiresAt: number | undefined): Tokens {
  return {
    accessToken: token.token,
    sessionId: record.sessionId,
    tokenType: token.type,
    expiresAt,
    scope: token.scope ?? record.scope,
    idToken: record.idToken,
    identity: record.identity,
    extra: record.extra,
  }
}

/** Where {@link TokenManager} lets a flow at its session. */
export const withSession: unique symbol = Symbol('session')
/** Where a flow waits for {@link TokenManager} before it leaves the page. */
export const settled: unique symbol = Symbol.for('evergrant settled')
/** Where {@link TokenManager} tells what its session is called in the store, also to another copy of this package. */
export const sessionName: unique symbol = Symbol.for('evergrant session name')

/**
 * Refuses what names no session, such as the id of a user whom nobody knows yet: all of them would share one.
 *
 * @throws EvergrantError `misconfigured`
 */
export function assertKey(key: unknown): asserts key is string {
  if (typeof key === 'string' && key !== '') return
  throw new EvergrantError('misconfigured', 'the key of a session must be a text that is not empty')
}

/** Keeps one session alive. */
export interface TokenManager {
  /** The client that the session belongs to, for flows that start or end one. */
  readonly client: OAuthClient

  /**
   * Gives a valid access token, renewing it first when it has to. A token that is due but still valid is given at once
   * and renewed behind. Waits at most ten seconds.
   *
   * @throws EvergrantError `login_required` or `lost_in_flight` when there is no session, `unavailable`,
   *   `misconfigured`, `denied` or `storage_failed` when no valid token is left and renewing fails, `aborted`,
   *   `unsupported` when a newer version of this package wrote the session
   */
  getAccessToken(options?: AccessTokenOptions): Promise<string>

  /** Gives the access token with what belongs to it; renews and throws as {@link getAccessToken} does. */
  getTokens(options?: AccessTokenOptions): Promise<Tokens>

  /** Renews now: the same as {@link getTokens} with `forceRenew`. */
  renew(): Promise<Tokens>

  /**
   * Starts a session with the token response of any flow, or with `{ refresh_token }` alone, in place of the one there
   * is; when that is known to be another user's, its tokens are revoked. Resolves once the session can be used and is
   * stored; when the store fails, it is kept in memory, an `error` event says so, and writing is tried again. Do not call it at each start with a refresh token from elsewhere, unless
   * with `unlessSignedIn`: the store holds a newer one.
   *
   * @throws EvergrantError `misconfigured` when it holds no token this manager can use, `unsupported` when the store cannot
   *   keep the key that it is bound to, or a newer version of this package wrote what is there; nothing changes then
   */
  setTokens(response: TokenResponse, options?: SetTokensOptions): Promise<void>

  /**
   * `fetch` with the access token in the `Authorization` header, to `allowedOrigins` only. When the API refuses the
   * token (401), it is renewed, once for all calls, and the call is repeated once if its body can be sent again. Other
   * answers are the caller's; what an API says never ends the session. Needs no `this`.
   *
   * @throws EvergrantError as {@link getAccessToken} does; `misconfigured` for an origin that is not allowed
   * @throws what `fetch` throws
   */
  readonly fetch: typeof fetch

  /**
   * Forgets the session, for all holders of its record, also offline and while a renewal is under way: its answer is
   * dropped when it comes. Then the server is told to revoke the tokens (RFC 7009), where it offers that; while it cannot
   * be reached, this is tried again for a day, as long as this realm lives and the same user has not signed in again.
   *
   * @returns the ID token of the session, the hint for signing out at the server
   * @throws EvergrantError `storage_failed` when the record could not be erased yet; this is tried again, and this
   *   manager is signed out all the same
   */
  signOut(): Promise<{ readonly idToken: string | undefined }>

  /** What there is to show. Ready to be passed on: needs no `this`. */
  readonly getSnapshot: () => Snapshot

  /** Calls `listener` whenever the snapshot has changed. Returns a function that ends it. Needs no `this`. */
  readonly subscribe: (listener: () => void) => () => void

  /** Calls `listener` for each event of a type. Returns a function that ends it. */
  on<T extends TokenEvent['type']>(type: T, listener: (event: Extract<TokenEvent, { type: T }>) => void): () => void

  /** Starts to read the session and renew it in the background; done by itself unless `autoRenew` is off. */
  start(): void

  /** Stops renewing in the background. {@link getAccessToken} still renews when it has to. */
  stop(): void

  /** What a report of trouble should hold. There is no secret in it. */
  diagnose(): Diagnosis

  /**
   * Ends this manager: timers, listeners and waiting calls. The session stays in the store. A renewal under way is
   * finished and stored; tokens that the store does not take are offered to it twice a second while the process lives.
   */
  dispose(): void

  /**
   * The same, for `await using`: waits until a renewal whose request has left is finished and stored, and keeps the process
   * alive until then. One that still waits for its turn is not begun.
   *
   * @throws EvergrantError `storage_failed` when the store has not taken the newest tokens for five seconds, or ten where it
   *   gives no answer; `unavailable` when the renewal has not ended after a minute
   */
  [Symbol.asyncDispose](): Promise<void>

  /**
   * Lets `work` at the session once it has been read. Only flows of this package know of it: the refresh token is nobody
   * else's.
   *
   * @internal
   */
  [withSession]<T>(work: (session: Session) => Promise<T>): Promise<T>
  /**
   * Resolves when what this manager has begun is stored: the answer to a renewal that is under way would be lost with the
   * page or process that waits for it.
   *
   * @internal
   */
  [settled](): Promise<void>
  /** @internal */
  readonly [sessionName]: string
}
