import type { TokenResponse } from '../core/token-response.js'
import type { IdTokenIssuer } from './id-tokens.js'
import type { Family, Redeemed, TokenFamilies } from './token-families.js'

/** What the server knows of one of its tokens. */
export interface TokenFacts {
  readonly kind: 'access' | 'refresh'
  /** The session, by the number of its sign-in. */
  readonly family: number
  readonly subject: string
  /** How many rotations led to a refresh token. */
  readonly depth: number | undefined
  /** When an access token ends, in milliseconds since 1970, by the server's clock. */
  readonly expiresAt: number | undefined
  /** Whether an access token is accepted now, or a refresh token would bring new tokens. */
  readonly isUsable: boolean
}

interface AccessToken {
  readonly family: Readonly<Family>
  /** What it is good for: all that was granted, or less. */
  readonly scope: string
  readonly expiresAt: number
  isRevoked: boolean
}

/** What a request for tokens asks for. */
export interface TokenWishes {
  /** To be repeated in the ID token. */
  readonly nonce?: string | undefined
  /** What the access token is to be good for, if not for all that was granted. */
  readonly scope?: string | undefined
}

/** What token responses are made of. */
export interface TokenSources {
  readonly families: TokenFamilies
  readonly idTokens: IdTokenIssuer
  readonly accessTokenSeconds: number
  /** Whether an answer ends the access tokens of the session that came before. */
  readonly onlyNewestAccessToken: boolean
  /** A value that nobody guesses, with its kind and how many of that kind there were. */
  readonly name: (kind: string, count: number) => string
}

/** The tokens that a server issued. */
export class IssuedTokens {
  readonly #accessTokens = new Map<string, AccessToken>()

  constructor(private readonly sources: TokenSources) {}

  /** The response that brings the tokens of a grant. */
  async issue({ family, refreshToken }: Redeemed, now: number, wishes: TokenWishes = {}): Promise<TokenResponse> {
    const { idTokens, accessTokenSeconds, onlyNewestAccessToken, name } = this.sources
    if (onlyNewestAccessToken) this.#revokeAccessTokens(family)
    const { clientId, subject, acr } = family
    const { nonce, scope = family.scope } = wishes
    const accessToken = name('access', this.#accessTokens.size)
    this.#accessTokens.set(accessToken, { family, scope, expiresAt: now + accessTokenSeconds * 1000, isRevoked: false })
    const claims = { aud: clientId, sub: subject, auth_time: Math.floor(family.authenticatedAt / 1000), acr, nonce }
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      scope,
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
      ...(scope.split(' ').includes('openid') && { id_token: await idTokens.issue(claims, now) }),
    }
  }

  inspect(token: string, now: number): TokenFacts | undefined {
    const access = this.#accessTokens.get(token)
    if (access) {
      const { family, expiresAt } = access
      const isUsable = this.familyBehind(token, now) !== undefined
      return { kind: 'access', family: family.id, subject: family.subject, depth: undefined, expiresAt, isUsable }
    }
    const refresh = this.sources.families.inspect(token, now)
    if (!refresh) return undefined
    const { family, depth, isUsable } = refresh
    return { kind: 'refresh', family: family.id, subject: family.subject, depth, expiresAt: undefined, isUsable }
  }

  /** What a client is told of a token of its own that is good at `now` (RFC 7662 section 2.2). */
  describe(token: string, clientId: string, now: number): Readonly<Record<string, unknown>> | undefined {
    const access = this.#accessTokens.get(token)
    const family = access?.family ?? this.sources.families.inspect(token, now)?.family
    if (family?.clientId !== clientId || !this.inspect(token, now)?.isUsable) return undefined
    const { subject: sub } = family
    const { scope } = access ?? family
    const exp = access && Math.floor(access.expiresAt / 1000)
    return { client_id: clientId, sub, scope, ...(access && { token_type: 'Bearer', exp }) }
  }

  /** The sign-in behind an access token that is good at `now`, with the scope of the token. */
  familyBehind(accessToken: string, now: number): Readonly<Family> | undefined {
    const access = this.#accessTokens.get(accessToken)
    if (!access || access.isRevoked || access.family.isRevoked || now >= access.expiresAt) return undefined
    return { ...access.family, scope: access.scope }
  }

  #revokeAccessTokens(family: Readonly<Family>): void {
    for (const token of this.#accessTokens.values()) if (token.family.id === family.id) token.isRevoked = true
  }

  /** Ends an access token, or the whole session of a refresh token, if it was issued to this client; tells which. */
  revoke(token: string, clientId: string, now: number): Pick<TokenFacts, 'kind' | 'family'> | undefined {
    const access = this.#accessTokens.get(token)
    const family = access?.family ?? this.sources.families.inspect(token, now)?.family
    if (family?.clientId !== clientId) return undefined
    if (access) access.isRevoked = true
    else this.sources.families.revoke(family.id)
    return { kind: access ? 'access' : 'refresh', family: family.id }
  }
}
