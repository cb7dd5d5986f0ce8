import type { AccessToken, Pause } from './record.js'
import { textIn } from './shape.js'

/**
 * A token response as servers send it (RFC 6749 section 5.1). Odd values are understood, not refused: `null` and `''`
 * count as absent, and an `expires_in` that is no sensible number counts as unknown.
 */
export interface TokenResponse {
  readonly access_token?: string | null | undefined
  readonly token_type?: string | null | undefined
  /** Lifetime of the access token in seconds. */
  readonly expires_in?: number | string | null | undefined
  readonly refresh_token?: string | null | undefined
  readonly scope?: string | null | undefined
  readonly id_token?: string | null | undefined
  readonly [member: string]: unknown
}

/** By the server's spelling in lower case (RFC 6749 section 7.1). */
const tokenTypes: ReadonlyMap<string, string> = new Map([
  ['bearer', 'Bearer'],
  ['dpop', 'DPoP'],
])
/** What a header can carry (RFC 6750 section 2.1). */
const visible = /^[\x21-\x7e]+$/
const tenYearsInSeconds = 315_360_000
/** How servers call the seconds for which a session can be renewed; some of them say 0 when there is no end. */
const lastingNames = [
  'refresh_token_expires_in',
  'refresh_expires_in',
  'x_refresh_token_expires_in',
  'refresh_token_timeout',
  'authorization_expires_in',
]

/** The parts of a token response this package acts on, each checked for its type. */
export interface ReadResponse {
  /** Absent also when its type is neither Bearer nor DPoP: a token one cannot present is of no use. */
  readonly accessToken: AccessToken | undefined
  readonly refreshToken: string | undefined
  readonly scope: string | undefined
  /** For how long the session can be renewed, if the server said so. */
  readonly lasting: Pause | undefined
  readonly idToken: string | undefined
  /** Members this package does not know, as JSON holds them. They are kept for the caller and never acted on. */
  readonly extra: Readonly<Record<string, unknown>> | undefined
}

/** Reads a token response that answers a request sent at `sentAt`, from which its lifetime counts. */
export function readTokenResponse(response: TokenResponse, sentAt: number): ReadResponse {
  const { access_token, token_type, expires_in, refresh_token, scope: scopes, id_token, ...extra } = response
  const token = textIn(access_token)?.match(visible)?.[0]
  const type = tokenTypes.get((textIn(token_type) ?? 'bearer').toLowerCase())
  const scope = textIn(scopes)
  const lastingMs = Math.min(...lastingNames.map((name) => lifetimeMs(extra[name]) ?? Infinity))
  return {
    accessToken:
      token && type ? { token, type, obtainedAt: sentAt, lifetimeMs: lifetimeMs(expires_in), scope } : undefined,
    refreshToken: textIn(refresh_token),
    scope,
    lasting: lastingMs < Infinity ? { from: sentAt, ms: lastingMs } : undefined,
    idToken: textIn(id_token),
    extra: Object.keys(extra).length > 0 ? storable(extra) : undefined,
  }
}

/** As JSON holds them. Members that it does not, such as those nested too deep, must not keep a store from taking the tokens. */
function storable(extra: object): ReadResponse['extra'] {
  try {
    return JSON.parse(JSON.stringify(extra)) as ReadResponse['extra']
  } catch {
    return undefined
  }
}

/** A lifetime that is no number from one second to ten years is not known, which is no reason to lose the token. */
function lifetimeMs(expiresIn: unknown): number | undefined {
  const seconds = typeof expiresIn === 'string' ? Number(expiresIn) : expiresIn
  return typeof seconds === 'number' && seconds >= 1 && seconds <= tenYearsInSeconds ? seconds * 1000 : undefined
}
