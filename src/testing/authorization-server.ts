import { systemEnvironment, type Environment } from '../core/environment.js'
import type { TokenResponse } from '../core/token-response.js'
import { respond, withFault, type Fault } from './faults.js'
import { idTokenIssuer } from './id-tokens.js'
import { TokenFamilies, type Redeemed, type Redemption, type RotationPolicy } from './token-families.js'

/** How a test authorization server behaves. */
export interface AuthorizationServerOptions {
  /** `https://as.example` by default; give the address it is served from. */
  readonly issuer?: string
  /** The clients by id, a web client with its secret; one public client `client` by default. */
  readonly clients?: Readonly<Record<string, { readonly secret?: string }>>
  /** What happens to a refresh token that is used; `strict` by default. */
  readonly rotation?: RotationPolicy
  /** Whether reuse revokes all tokens of the sign-in (`true` by default) or is just refused. */
  readonly reuseRevokes?: boolean
  /** Whether a repeated use within grace is answered with another successor (`false` by default: with the same). */
  readonly siblings?: boolean
  /** Lifetime of access tokens, 3600 by default. */
  readonly accessTokenSeconds?: number
  /** By how much the server's clock is ahead, in milliseconds; 0 by default. */
  readonly clockOffsetMs?: number
  /** Decides for each token request what goes wrong with it. */
  readonly fault?: (request: Request) => Fault | undefined
  /** In place of the clock and timers of the system. */
  readonly environment?: Environment
}

/** An authorization server to test with: it keeps all its state in memory and tells everything it knows. */
export interface AuthorizationServer {
  readonly issuer: string
  /**
   * Answers a request, or rejects with a `DroppedConnection`. Serves metadata in both well-known forms, `/token`,
   * `/jwks` and the protected resource `/resource`.
   */
  readonly handle: (request: Request) => Promise<Response>
  /**
   * Starts a session without a browser, as any sign-in flow would: of `alice` at `client` for `offline_access` by
   * default.
   */
  signIn(options?: { clientId?: string; subject?: string; scope?: string }): Promise<TokenResponse>
  /** All uses of refresh tokens, oldest first. */
  readonly redemptions: readonly Redemption[]
  /** How many token requests arrived, faulty ones included. */
  readonly tokenRequests: number
  /** All that is known of an access or refresh token that this server issued. */
  inspect(token: string): TokenFacts | undefined
  /** Ends a session, by the number of its sign-in, as an administrator would. */
  revoke(family: number): void
  /** Lets the next token requests go wrong in this order, before `fault` is asked. */
  failNext(...faults: Fault[]): void
  /** May be changed while the server runs. */
  rotation: RotationPolicy
}

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

interface IssuedAccessToken {
  readonly grant: Redeemed
  readonly expiresAt: number
}

/** Makes a test authorization server. See `docs/testing.md` for how to put it behind a test of your own. */
export function createAuthorizationServer(options: AuthorizationServerOptions = {}): AuthorizationServer {
  return new Server(options)
}

class Server implements AuthorizationServer {
  readonly issuer: string
  tokenRequests = 0
  readonly #options: AuthorizationServerOptions
  readonly #environment: Environment
  readonly #families: TokenFamilies
  readonly #accessTokens = new Map<string, IssuedAccessToken>()
  readonly #idTokens: ReturnType<typeof idTokenIssuer>
  readonly #planned: Fault[] = []

  constructor(options: AuthorizationServerOptions) {
    const { rotation = 'strict', reuseRevokes = true, siblings = false } = options
    this.#options = options
    this.issuer = options.issuer ?? 'https://as.example'
    this.#environment = options.environment ?? systemEnvironment
    this.#idTokens = idTokenIssuer(this.issuer)
    this.#families = new TokenFamilies(rotation, reuseRevokes, siblings, (kind, count) => this.#newToken(kind, count))
  }

  readonly handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    const base = new URL(this.issuer).pathname.replace(/\/$/, '')
    switch (pathname) {
      case `${base}/.well-known/openid-configuration`:
      case `/.well-known/oauth-authorization-server${base}`:
        return respond(200, {}, this.#metadata())
      case `${base}/jwks`:
        return respond(200, {}, await this.#idTokens.jwks())
      case `${base}/resource`:
        return this.#resource(request)
      case `${base}/token`: {
        this.tokenRequests++
        const fault = this.#planned.shift() ?? this.#options.fault?.(request)
        const body = await request.text()
        return withFault(fault, this.#environment, () => this.#token(new URLSearchParams(body), request.headers))
      }
      default:
        return respond(404, {}, { error: 'not_found' })
    }
  }

  get redemptions(): readonly Redemption[] {
    return this.#families.log
  }

  get rotation(): RotationPolicy {
    return this.#families.policy
  }

  set rotation(policy: RotationPolicy) {
    this.#families.policy = policy
  }

  signIn({ clientId = 'client', subject = 'alice', scope = 'offline_access' } = {}): Promise<TokenResponse> {
    return this.#issue(this.#families.start(clientId, subject, scope))
  }

  inspect(token: string): TokenFacts | undefined {
    const now = this.#now()
    const access = this.#accessTokens.get(token)
    if (access) {
      const { id, subject, isRevoked } = access.grant.family
      const { expiresAt } = access
      return {
        kind: 'access',
        family: id,
        subject,
        depth: undefined,
        expiresAt,
        isUsable: !isRevoked && now < expiresAt,
      }
    }
    const refresh = this.#families.inspect(token, now)
    if (!refresh) return undefined
    const { id, subject } = refresh.family
    return {
      kind: 'refresh',
      family: id,
      subject,
      depth: refresh.depth,
      expiresAt: undefined,
      isUsable: refresh.isUsable,
    }
  }

  revoke(family: number): void {
    this.#families.revoke(family)
  }

  failNext(...faults: Fault[]): void {
    this.#planned.push(...faults)
  }

  async #token(form: URLSearchParams, headers: Headers): Promise<Response> {
    const date = { date: new Date(this.#now()).toUTCString() }
    const clientId = this.#authenticate(form, headers)
    if (clientId === undefined) {
      return respond(401, { ...date, 'www-authenticate': 'Basic realm="as"' }, { error: 'invalid_client' })
    }
    if (form.get('grant_type') !== 'refresh_token') return respond(400, date, { error: 'unsupported_grant_type' })
    const redeemed = this.#families.redeem(form.get('refresh_token') ?? '', clientId, this.#now())
    if (!redeemed)
      return respond(400, date, { error: 'invalid_grant', error_description: 'The refresh token is dead.' })
    return respond(200, date, await this.#issue(redeemed))
  }

  /** The client a request comes from: a public one names itself in the body, a web client uses HTTP Basic. */
  #authenticate(form: URLSearchParams, headers: Headers): string | undefined {
    const clients = this.#options.clients ?? { client: {} }
    const basic = /^Basic (.+)$/.exec(headers.get('authorization') ?? '')?.[1]
    if (basic === undefined) {
      const id = form.get('client_id') ?? ''
      return Object.hasOwn(clients, id) && clients[id]?.secret === undefined ? id : undefined
    }
    const [id = '', secret] = atob(basic)
      .split(':')
      .map((part) => new URLSearchParams(`x=${part}`).get('x') ?? '')
    return Object.hasOwn(clients, id) && clients[id]?.secret === secret && !form.has('client_id') ? id : undefined
  }

  async #issue(grant: Redeemed): Promise<TokenResponse> {
    const { accessTokenSeconds = 3600 } = this.#options
    const { clientId, subject, scope } = grant.family
    const now = this.#now()
    const accessToken = this.#newToken('access', this.#accessTokens.size)
    this.#accessTokens.set(accessToken, { grant, expiresAt: now + accessTokenSeconds * 1000 })
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      scope,
      ...(grant.refreshToken !== undefined && { refresh_token: grant.refreshToken }),
      ...(scope.split(' ').includes('openid') && { id_token: await this.#idTokens.issue(clientId, subject, now) }),
    }
  }

  #resource(request: Request): Response {
    const token = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
    if (token === undefined) return respond(401, { 'www-authenticate': 'Bearer' }, undefined)
    const facts = this.inspect(token)
    if (facts?.kind === 'access' && facts.isUsable) return respond(200, {}, { subject: facts.subject })
    return respond(401, { 'www-authenticate': 'Bearer error="invalid_token"' }, undefined)
  }

  #metadata(): Record<string, unknown> {
    const { issuer } = this
    const base = issuer.replace(/\/$/, '')
    return {
      issuer,
      token_endpoint: `${base}/token`,
      jwks_uri: `${base}/jwks`,
      id_token_signing_alg_values_supported: ['ES256'],
      grant_types_supported: ['refresh_token'],
    }
  }

  #newToken(kind: string, count: number): string {
    return `${kind}.${count}.${this.#environment.uniqueId()}`
  }

  #now(): number {
    return this.#environment.now() + (this.#options.clockOffsetMs ?? 0)
  }
}
