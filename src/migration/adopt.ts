import { systemEnvironment } from '../core/environment.js'
import { isEvergrantError } from '../core/errors.js'
import { textIn } from '../core/shape.js'
import type { TokenManager } from '../core/token-manager.js'
import type { TokenResponse } from '../core/token-response.js'

/**
 * What has become of a session that another library has stored:
 *
 * - `adopted`: it goes on here, unless there was a session here already. Either way, what was stored of it is removed.
 * - `unusable`: none of its tokens can be used any more, they are bound to a key (DPoP), or they are not of the server of
 *   this manager, or nobody can tell while the server does not answer. It is left as it is.
 * - `none`: nothing is stored of a session of this client.
 */
export type Adoption = 'adopted' | 'unusable' | 'none'

/** What is used of `localStorage` or `sessionStorage`. */
export interface OldStorage {
  getItem(key: string): string | null
  removeItem(key: string): void
}

/** A session as another library has stored it. Nothing vouches for the types of its parts. */
export interface OldSession {
  readonly accessToken?: unknown
  readonly tokenType?: unknown
  /** When the access token ends, in seconds since 1970. */
  readonly expiresAt?: unknown
  readonly refreshToken?: unknown
  readonly idToken?: unknown
  readonly scope?: unknown
  /** The server that the refresh token is of, where that is stored. */
  readonly issuer?: unknown
  /** Removes what is stored of it. */
  forget(): void
}

/** Nobody has noted when an access token was received. It must not pass for one of the last seconds, which count as new. */
const ageSeconds = 3600

/**
 * Takes over the session that `find` finds. Several tabs may do so at once: all but the first leave alone what it has begun,
 * and perhaps renewed since.
 *
 * @throws EvergrantError as `setTokens()` does, but for `misconfigured`
 */
export async function adopt(tokens: TokenManager, find: () => OldSession | undefined): Promise<Adoption> {
  if (!(await isOurs(attempt(find), tokens))) return 'unusable'
  // Looked for again: while a server was asked, another tab may have taken it over, and even signed it out.
  const old = attempt(find)
  if (!old) return 'none'
  const now = systemEnvironment.now() / 1000
  const response = responseOf(old, now, tokens.client.prover?.allowsBearer ?? true)
  if (!response) return 'unusable'
  try {
    await tokens.setTokens(response, { receivedAt: (now - ageSeconds) * 1000, unlessSignedIn: true })
  } catch (error) {
    if (isEvergrantError(error) && error.code === 'misconfigured') return 'unusable'
    throw error
  }
  forgetOnceStored(tokens, old)
  return 'adopted'
}

/** The JSON object that is stored under a key; one without members if it is damaged. */
export function readObject(storage: OldStorage, key: string): Readonly<Record<string, unknown>> | undefined {
  const text = storage.getItem(key)
  if (text === null) return undefined
  try {
    return asObject(JSON.parse(text))
  } catch {
    return {}
  }
}

/** A value with the members that it has, if any. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return Object(value) as Record<string, unknown>
}

/** Where a page may not use its storage, nothing is stored. */
function attempt<T>(look: () => T | undefined): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}

/** What is left of a session at `now`, in seconds since 1970, as a server would tell it. */
function responseOf(old: OldSession, now: number, allowsBearer: boolean): TokenResponse | undefined {
  const secondsLeft = typeof old.expiresAt === 'number' ? old.expiresAt - now : undefined
  const refreshToken = textIn(old.refreshToken)
  const isAlive = secondsLeft === undefined || secondsLeft > 0
  // Where access tokens must be bound to a key, this one would be refused; the refresh token brings one that is.
  const isWanted = allowsBearer || refreshToken === undefined
  const accessToken = isAlive && isWanted ? textIn(old.accessToken) : undefined
  const tokenType = textIn(old.tokenType)
  if (tokenType?.toLowerCase() === 'dpop' || (accessToken ?? refreshToken) === undefined) return undefined
  return {
    access_token: accessToken,
    token_type: tokenType,
    expires_in: secondsLeft === undefined ? undefined : secondsLeft + ageSeconds,
    refresh_token: refreshToken,
    id_token: textIn(old.idToken),
    scope: textIn(old.scope),
  }
}

/**
 * Whether a session is of the server of this manager. An ID token will tell; a refresh token alone must not be sent to
 * another server, so the server is asked for its name. While it does not answer, nobody knows.
 */
async function isOurs(old: OldSession | undefined, tokens: TokenManager): Promise<boolean> {
  if (!textIn(old?.issuer) || textIn(old?.idToken)) return true
  const server = await tokens.client.metadata().catch(() => undefined)
  return server !== undefined && hrefOf(server.issuer) === hrefOf(old?.issuer)
}

function hrefOf(url: unknown): string | undefined {
  return attempt(() => new URL(String(url)).href)
}

/**
 * Removes the old session when this one has been stored, so that no crash leaves the user with none of them, or when it is
 * over, so that it does not come back.
 */
function forgetOnceStored(tokens: TokenManager, old: OldSession): void {
  const isWaiting = (): boolean => tokens.getSnapshot().status === 'active' && tokens.diagnose().store.isBehind
  if (!isWaiting()) return old.forget()
  const stop = tokens.subscribe(() => {
    if (isWaiting()) return
    stop()
    old.forget()
  })
}
