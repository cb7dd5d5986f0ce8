import { systemEnvironment, type Environment } from '../core/environment.js'
import type { TokenResponse } from '../core/token-response.js'
import { AuthorizationCodes } from './authorization-codes.js'
import {
  AuthorizationEndpoint,
  type AuthorizationDecision,
  type AuthorizationOptions,
} from './authorization-endpoint.js'
import { ClientRequests, type Act, type Reception } from './client-requests.js'
import { Clients, type ClientRegistration } from './clients.js'
import { DeviceCodes, type DeviceOptions } from './device-codes.js'
import type { Dialect } from './dialect.js'
import type { Fault } from './faults.js'
import { idTokenIssuer, type IdTokenIssuer } from './id-tokens.js'
import { introspect } from './introspection.js'
import { IssuedTokens, type TokenFacts } from './issued-tokens.js'
import { Logouts, type Logout } from './logouts.js'
import { metadataOf } from './metadata.js'
import { serveResource } from './protected-resource.js'
import { PushedRequests } from './pushed-requests.js'
import { respond } from './responses.js'
import { Revocations, type Revocation } from './revocations.js'
import { route, type Endpoint } from './routing.js'
import { TokenEndpoint } from './token-endpoint.js'
import { TokenFamilies, type Redemption, type RotationPolicy } from './token-families.js'

/** How a test authorization server behaves. */
export interface AuthorizationServerOptions extends AuthorizationOptions, DeviceOptions {
  /** `https://as.example` by default; give the address it is served from. */
  readonly issuer?: string | undefined
  /** The clients by id, a web client with its secret or key; one public client `client` by default. */
  readonly clients?: Readonly<Record<string, ClientRegistration>> | undefined
  /** What happens to a refresh token that is used; `strict` by default. */
  readonly rotation?: RotationPolicy | undefined
  /** Whether reuse revokes all tokens of the sign-in (`true` by default) or is just refused. */
  readonly reuseRevokes?: boolean | undefined
  /** Whether a repeated use within grace is answered with another successor (`false` by default: with the same). */
  readonly siblings?: boolean | undefined
  /** Lifetime of access tokens, 3600 by default. */
  readonly accessTokenSeconds?: number | undefined
  /** Whether each answer ends the access tokens of the session that came before; `false` by default. */
  readonly onlyNewestAccessToken?: boolean | undefined
  /** For how long after a sign-in its refresh tokens are good, in seconds; for ever by default. */
  readonly refreshTokenSeconds?: number | undefined
  /** How the token endpoint words its answers; as the standard does by default. */
  readonly dialect?: Dialect | undefined
  /** By how much the server's clock is ahead, in milliseconds; 0 by default. */
  readonly clockOffsetMs?: number | undefined
  /** Decides for each form that a client posts, such as to `/token` or `/revoke`, what goes wrong with it. */
  readonly fault?: ((request: Request) => Fault | undefined) | undefined
  /** In place of the clock and timers of the system. */
  readonly environment?: Environment | undefined
}

/** An authorization server to test with: it keeps all its state in memory and tells everything it knows. */
export interface AuthorizationServer {
  readonly issuer: string
  /**
   * Answers a request, or rejects with a `DroppedConnection`. Serves metadata in both well-known forms, `/authorize`,
   * `/par`, `/device_authorization`, `/token`, `/introspect`, `/revoke`, `/logout`, `/jwks` and the protected resource
   * `/resource`. Pages of every origin may use them.
   */
  readonly handle: (request: Request) => Promise<Response>
  /**
   * Starts a session without a browser, as any sign-in flow would, and always with a refresh token: of `alice` at
   * `client` for `offline_access` by default.
   */
  signIn(options?: { clientId?: string; subject?: string; scope?: string }): Promise<TokenResponse>
  /**
   * Does what the user of a device would do where it sends them: signs in, or has the device be told an `error` such as
   * `access_denied`.
   */
  decideDevice(userCode: string, decision: AuthorizationDecision): void
  /** All uses of refresh tokens, oldest first. */
  readonly redemptions: readonly Redemption[]
  /** All requests to revoke a token that reached the server, oldest first. */
  readonly revocations: readonly Revocation[]
  /** All visits to the logout endpoint, oldest first. */
  readonly logouts: readonly Logout[]
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
  readonly #idTokens: IdTokenIssuer
  readonly #tokens: IssuedTokens
  readonly #clientRequests: ClientRequests
  readonly #authorization: AuthorizationEndpoint
  readonly #deviceCodes: DeviceCodes
  readonly #tokenEndpoint: TokenEndpoint
  readonly #revocations: Revocations
  readonly #logouts: Logouts
  readonly #endpoints: ReadonlyMap<string, Endpoint>
  readonly #planned: Fault[] = []

  constructor(options: AuthorizationServerOptions) {
    const { rotation = 'strict', reuseRevokes = true, siblings = false, accessTokenSeconds = 3600, fault } = options
    const issuer = options.issuer ?? 'https://as.example'
    const environment = options.environment ?? systemEnvironment
    const now = (): number => this.#now()
    const name = (kind: string, count: number): string => `${kind}.${count}.${environment.uniqueId()}`
    const clients = new Clients(options.clients ?? { client: {} })
    const families = new TokenFamilies(rotation, reuseRevokes, siblings, name, options.refreshTokenSeconds)
    const idTokens = idTokenIssuer(issuer)
    const { onlyNewestAccessToken = false } = options
    const tokens = new IssuedTokens({ families, idTokens, accessTokenSeconds, onlyNewestAccessToken, name })
    const codes = new AuthorizationCodes(families, name)
    const pushedRequests = new PushedRequests(name)
    const { offlineAccess } = options
    const deviceCodes = new DeviceCodes(options, { families, name, random: environment.random, offlineAccess })
    this.#options = options
    this.issuer = issuer
    this.#environment = environment
    this.#families = families
    this.#idTokens = idTokens
    this.#tokens = tokens
    this.#clientRequests = new ClientRequests({ issuer, clients, environment, now, fault })
    this.#authorization = new AuthorizationEndpoint(options, { issuer, clients, codes, pushedRequests, now })
    this.#deviceCodes = deviceCodes
    this.#tokenEndpoint = new TokenEndpoint(clients, codes, deviceCodes, families, tokens)
    this.#revocations = new Revocations(tokens)
    this.#logouts = new Logouts(clients, idTokens)
    this.#endpoints = this.#makeEndpoints()
  }

  readonly handle = (request: Request): Promise<Response> => route(this.#endpoints, request)

  get redemptions(): readonly Redemption[] {
    return this.#families.log
  }

  get revocations(): readonly Revocation[] {
    return this.#revocations.log
  }

  get logouts(): readonly Logout[] {
    return this.#logouts.log
  }

  get rotation(): RotationPolicy {
    return this.#families.policy
  }

  set rotation(policy: RotationPolicy) {
    this.#families.policy = policy
  }

  async signIn({ clientId = 'client', subject = 'alice', scope = 'offline_access' } = {}): Promise<TokenResponse> {
    const now = this.#now()
    const { dialect = (answer) => answer } = this.#options
    const signIn = { clientId, subject, scope, authenticatedAt: now }
    const tokens = await this.#tokens.issue(this.#families.start(signIn, true), now)
    return dialect({ status: 200, body: { ...tokens } }, new URLSearchParams()).body
  }

  decideDevice(userCode: string, decision: AuthorizationDecision): void {
    this.#deviceCodes.decide(userCode, decision)
  }

  inspect(token: string): TokenFacts | undefined {
    return this.#tokens.inspect(token, this.#now())
  }

  revoke(family: number): void {
    this.#families.revoke(family)
  }

  failNext(...faults: Fault[]): void {
    this.#planned.push(...faults)
  }

  #makeEndpoints(): ReadonlyMap<string, Endpoint> {
    const issuer = this.issuer.replace(/\/$/, '')
    const base = new URL(this.issuer).pathname.replace(/\/$/, '')
    const now = (): number => this.#now()
    const query = ({ url }: Request): URLSearchParams => new URL(url).searchParams
    const get = (answer: Endpoint['answer']): Endpoint => ({ method: 'GET', answer })
    const visit = (answer: Endpoint['answer']): Endpoint => ({ method: 'GET', isForPeople: true, answer })
    const post = (act: Act, reception: () => Reception = () => ({})): Endpoint => ({
      method: 'POST',
      answer: (request) => this.#clientRequests.receive(request, act, reception()),
    })
    const metadata = get(() => respond(200, {}, metadataOf(this.issuer, this.#options)))
    const token: Act = (form, clientId) => this.#tokenEndpoint.answer(form, clientId, now())
    const push: Act = (form, clientId) => this.#authorization.push(form, clientId)
    const device: Act = (form, clientId) => respond(200, {}, this.#deviceCodes.issue(form, clientId, issuer, now()))
    const introspection: Act = (form, clientId) => introspect(form, clientId, this.#tokens, now())
    const revoke: Act = (form, clientId) => this.#revocations.answer(form, clientId, now())
    return new Map([
      [`${base}/.well-known/openid-configuration`, metadata],
      [`/.well-known/oauth-authorization-server${base}`, metadata],
      [`${base}/jwks`, get(async () => respond(200, {}, await this.#idTokens.jwks()))],
      [`${base}/authorize`, visit((request) => this.#authorization.answer(query(request)))],
      [`${base}/par`, post(push, () => ({ mayRepeatItsName: true }))],
      [`${base}/device_authorization`, post(device)],
      [`${base}/token`, post(token, () => this.#receptionOfTokenRequest())],
      [`${base}/introspect`, post(introspection)],
      [`${base}/revoke`, post(revoke)],
      [`${base}/logout`, visit((request) => this.#logouts.answer(query(request), now()))],
      [`${base}/resource`, { answer: (request) => serveResource(request, this.#tokens, now()) }],
    ])
  }

  #receptionOfTokenRequest(): Reception {
    this.tokenRequests++
    return { fault: this.#planned.shift(), dialect: this.#options.dialect }
  }

  #now(): number {
    return this.#environment.now() + (this.#options.clockOffsetMs ?? 0)
  }
}
