import type { OAuthClient } from './client.js'
import type { EvergrantError } from './errors.js'
import type { ProofKey } from './proof.js'
import type { TokenKind } from './token-kind.js'
import type { TokenResponse } from './token-response.js'

/** What a grant needs to ask for new tokens. */
export interface GrantContext {
  /** The refresh token to spend; absent when the session never had one. */
  readonly refreshToken: string | undefined
  /** The scope the session was granted, when the server said so. */
  readonly scope: string | undefined
  /** What the access token is to be for, when a caller has asked for a resource (RFC 8707) or less scope. */
  readonly kind: TokenKind
  /** The key that the session is bound to, if it is (RFC 9449). */
  readonly proofKey: ProofKey | undefined
  /** The way to the authorization server. */
  readonly client: OAuthClient
  /** The wall clock, milliseconds since 1970. */
  now(): number
  /**
   * Must be called right before the request leaves, after everything that can fail or wait; a grant that does not call it
   * makes lost answers look as if nothing was spent. It throws when this holder has lost its turn; then nothing may be
   * sent. A failure before it counts as nothing spent. Returns a function that takes it back, for when it turns out that
   * the request did not leave.
   */
  sending(): () => void
}

/** The server's answer to a grant. */
export interface Granted {
  readonly response: TokenResponse
  /** The server's clock, from its `Date` header, in milliseconds since 1970. */
  readonly serverTime?: number | undefined
  /** What needs attention although there are tokens: it becomes an `error` event. */
  readonly problem?: EvergrantError | undefined
}

/**
 * Gets a new token response: the refresh token grant, client credentials, or a function of your own that asks your
 * backend. Throw an `EvergrantError` to tell what went wrong: code `login_required` with `error: 'invalid_grant'` says
 * that the refresh token is dead and ends the session. Everything else, also any foreign error, keeps the session and
 * is tried again.
 */
export interface Grant {
  (context: GrantContext): Promise<Granted>
  /** Whether it gets tokens although nobody has signed in, as client credentials do: sessions then start by themselves. */
  readonly startsSession?: boolean | undefined
  /** What its tokens are for, where the same client gets several kinds: each is a session of its own. */
  readonly resource?: string | undefined
}

/** The claims of a session's first ID token that every later one must repeat (OpenID Connect Core section 12.2). */
export interface Identity {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  readonly iat: number
  readonly azp?: string | undefined
  readonly auth_time?: number | undefined
  readonly nonce?: string | undefined
}

/**
 * The judgement on an ID token: whose it is, or why it is refused. `someone_else` says that it speaks of another issuer,
 * user or client than the session does; every other problem costs only the ID token.
 */
export type IdTokenVerdict =
  | { readonly identity: Identity; readonly problem?: undefined }
  | { readonly identity?: undefined; readonly problem: string; readonly someoneElse: boolean }

/** Judges an ID token by itself, or as the successor of one with the identity `original`. `now` in milliseconds. */
export type IdTokenCheck = (idToken: string, original: Identity | undefined, now: number) => IdTokenVerdict
