/**
 * What a server does with a refresh token that is used:
 *
 * - `none`: it stays good, and the answer repeats it.
 * - `omit`: it stays good, and the answer leaves it out.
 * - `strict`: it is replaced, and using it again is reuse.
 * - `{ graceSeconds }`: it is replaced, and may be used again for so long; then using it is reuse.
 * - `until-child-used`: it is replaced, and may be used again until its successor is used; then using it is reuse.
 */
export type RotationPolicy = 'none' | 'omit' | 'strict' | 'until-child-used' | { readonly graceSeconds: number }

/** One use of a refresh token, successful or not. */
export interface Redemption {
  /** By the server's clock, in milliseconds since 1970. */
  readonly at: number
  /** The session, by the number of its sign-in; absent for a token the server never issued. */
  readonly family: number | undefined
  /** How many rotations led to the token that was used. */
  readonly depth: number | undefined
  /**
   * `accepted`: used first. `repeated`: used again, and allowed. `reuse`: used again, and refused. `dead`: of a session
   * that was revoked or is over. `unknown`: never issued, or to another client.
   */
  readonly outcome: 'accepted' | 'repeated' | 'reuse' | 'dead' | 'unknown'
}

interface RefreshToken {
  readonly value: string
  readonly family: Family
  readonly depth: number
  usedAt?: number
  child?: RefreshToken
}

/** Who signed in, to which client, for what and how. */
export interface SignIn {
  readonly clientId: string
  readonly subject: string
  readonly scope: string
  /** In milliseconds since 1970. */
  readonly authenticatedAt: number
  /** How well the user was authenticated, if anybody asked: the `acr` of OpenID Connect. */
  readonly acr?: string | undefined
}

/** All tokens that come of one sign-in. */
export interface Family extends SignIn {
  readonly id: number
  isRevoked: boolean
}

/** The grant behind a sign-in or a redeemed token, and the refresh token to answer with, if there is one. */
export interface Redeemed {
  readonly family: Readonly<Family>
  readonly refreshToken: string | undefined
}

/** The refresh tokens of a server. Each call is one step: nothing comes between looking at a token and using it up. */
export class TokenFamilies {
  readonly log: Redemption[] = []
  readonly #tokens = new Map<string, RefreshToken>()
  readonly #families: Family[] = []
  #issued = 0

  constructor(
    public policy: RotationPolicy,
    /** Whether reuse revokes all tokens of the sign-in, as RFC 9700 section 4.14.2 advises, or is just refused. */
    private readonly reuseRevokes: boolean,
    /** Whether a repeated use is answered with another successor instead of the same one. */
    private readonly siblings: boolean,
    private readonly name: (kind: string, count: number) => string,
    /** For how long after the sign-in its refresh tokens are good. */
    private readonly lifetimeSeconds: number = Infinity,
  ) {}

  /** Starts a family, which has no refresh token when its user must be there for it to go on. */
  start(signIn: SignIn, isOffline: boolean): Redeemed {
    const family: Family = { ...signIn, id: this.#families.length, isRevoked: false }
    this.#families.push(family)
    return { family, refreshToken: isOffline ? this.#issue(family, 0).value : undefined }
  }

  /** Uses a refresh token at `now`. Returns `undefined` when the server has to answer `invalid_grant`. */
  redeem(value: string, clientId: string, now: number): Redeemed | undefined {
    const token = this.#tokens.get(value)
    if (!token || token.family.clientId !== clientId) return this.#refuse(token, now, 'unknown')
    if (this.#isDead(token.family, now)) return this.#refuse(token, now, 'dead')
    if (this.policy === 'none' || this.policy === 'omit') return this.#accept(token, now, 'accepted', token)
    if (token.usedAt === undefined) {
      token.usedAt = now
      token.child = this.#issue(token.family, token.depth + 1)
      return this.#accept(token, now, 'accepted', token.child)
    }
    if (this.#mayRepeat(token, now)) {
      const child = this.siblings ? this.#issue(token.family, token.depth + 1) : token.child
      return this.#accept(token, now, 'repeated', child)
    }
    if (this.reuseRevokes) token.family.isRevoked = true
    return this.#refuse(token, now, 'reuse')
  }

  /** What is known of a refresh token at `now`. Changes nothing. */
  inspect(value: string, now: number): (Pick<RefreshToken, 'family' | 'depth'> & { isUsable: boolean }) | undefined {
    const token = this.#tokens.get(value)
    if (!token) return undefined
    const { family, depth, usedAt } = token
    const isKept = this.policy === 'none' || this.policy === 'omit'
    const isUsable = !this.#isDead(family, now) && (isKept || usedAt === undefined || this.#mayRepeat(token, now))
    return { family, depth, isUsable }
  }

  revoke(family: number): void {
    const found = this.#families[family]
    if (found) found.isRevoked = true
  }

  #isDead({ isRevoked, authenticatedAt }: Family, now: number): boolean {
    return isRevoked || now - authenticatedAt >= this.lifetimeSeconds * 1000
  }

  #mayRepeat(token: RefreshToken, now: number): boolean {
    if (this.policy === 'until-child-used') return token.child?.usedAt === undefined
    if (typeof this.policy !== 'object') return false
    return token.usedAt !== undefined && now - token.usedAt <= this.policy.graceSeconds * 1000
  }

  #issue(family: Family, depth: number): RefreshToken {
    const token = { value: this.name('refresh', this.#issued++), family, depth }
    this.#tokens.set(token.value, token)
    return token
  }

  #accept(
    token: RefreshToken,
    at: number,
    outcome: 'accepted' | 'repeated',
    answer: RefreshToken | undefined,
  ): Redeemed {
    this.log.push({ at, family: token.family.id, depth: token.depth, outcome })
    return { family: token.family, refreshToken: this.policy === 'omit' ? undefined : answer?.value }
  }

  #refuse(token: RefreshToken | undefined, at: number, outcome: 'reuse' | 'dead' | 'unknown'): undefined {
    this.log.push({ at, family: token?.family.id, depth: token?.depth, outcome })
  }
}
