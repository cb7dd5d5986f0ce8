import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ClientMetadata, Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { Provider } from 'oidc-provider/lib/provider.js'
import { graceAdapter } from './grace-adapter.js'
import { signInByPage } from './interaction-pages.js'
import { profileOf } from './people.js'

/** How an authorization server is to behave. */
export interface AuthorizationServerOptions {
  readonly clients: readonly ClientMetadata[]
  /** How long access tokens live; 12 by default. */
  readonly accessTokenSeconds?: number
  /** Whether a refresh token is replaced whenever it is used; `true` by default. */
  readonly rotate?: boolean
  /** How long a refresh token that was replaced is accepted again; 30 by default, 0 for not at all. */
  readonly graceSeconds?: number
  /** `automatic`: everybody is alice, and nobody is asked. `page`: a page asks who it is. `automatic` by default. */
  readonly signIn?: 'automatic' | 'page'
  /** Called for each token request when it has been answered. */
  onTokenRequest?(request: TokenRequest): void
  /** Called when the refresh token of a client was just replaced, and the client does not know it yet. */
  onRotation?(clientId: string): void
  /** Anything else that `oidc-provider` can be told. */
  readonly configuration?: Configuration
}

/** A token request as the server saw it. There is no token in it. */
export interface TokenRequest {
  /** When it was answered, in milliseconds since 1970. */
  readonly at: number
  readonly clientId: string | undefined
  readonly grantType: string | undefined
  /** `repeated`: new tokens were issued although the refresh token had been used before. */
  readonly outcome: 'issued' | 'repeated' | 'refused'
  /** Why it was refused, such as `invalid_grant: refresh token already used`. */
  readonly error: string | undefined
}

/** What the server knows of an access token. */
export interface IssuedToken {
  readonly clientId: string | undefined
  readonly accountId: string
  /** In milliseconds since 1970. */
  readonly expiresAt: number
}

/** A server that runs. */
export interface AuthorizationServer {
  readonly issuer: string
  readonly tokenRequests: readonly TokenRequest[]
  /** What an access token is worth. Resolves to `undefined` for anything else. */
  inspect(accessToken: string): Promise<IssuedToken | undefined>
  close(): Promise<void>
}

const daySeconds = 24 * 3600

/** Starts `oidc-provider` on a free port of this machine. */
export async function startAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const http = createServer((incoming, outgoing) => void handle(incoming, outgoing))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  const provider = new Provider(issuer, configure(options, port))
  if (options.signIn === 'page') signInByPage(provider)
  else signEverybodyIn(provider)
  const handle = provider.callback()
  return {
    issuer,
    tokenRequests: watchTokenRequests(provider, options),
    async inspect(accessToken) {
      const found = await provider.AccessToken.find(accessToken, { ignoreExpiration: true })
      return found && { clientId: found.clientId, accountId: found.accountId, expiresAt: Number(found.exp) * 1000 }
    },
    close() {
      http.closeAllConnections()
      return new Promise((resolve) => http.close(() => resolve()))
    },
  }
}

function configure(options: AuthorizationServerOptions, port: number): Configuration {
  const { accessTokenSeconds = 12, rotate = true, graceSeconds = 30, clients } = options
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    adapter: graceAdapter(graceSeconds),
    clients: [...clients],
    clientDefaults: { grant_types: ['authorization_code', 'refresh_token'], id_token_signed_response_alg: 'ES256' },
    rotateRefreshToken: () => rotate,
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: 60,
      DeviceCode: 600,
      Grant: daySeconds,
      IdToken: 3600,
      Interaction: 600,
      RefreshToken: daySeconds,
      Session: daySeconds,
    },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      // Browsers send cookies to all ports of a host, so that servers would take each other's.
      names: { session: `session-${port}`, interaction: `interaction-${port}`, resume: `resume-${port}` },
    },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...profileOf(accountId) }) }),
    renderError: (ctx, { error, error_description: why }) => void (ctx.body = `${error}: ${why}`),
    clientBasedCORS: (_ctx, origin, { redirectUris = [] }) =>
      redirectUris.some((uri) => new URL(uri).origin === origin),
    ...options.configuration,
  }
}

/** Where a real server asks for a password and for consent, this one answers both for the user. */
function signEverybodyIn(provider: Provider): void {
  const accountId = 'alice'
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next()
    const { params, prompt } = await provider.interactionDetails(ctx.req, ctx.res)
    const grant = new provider.Grant({ accountId, clientId: String(params.client_id) })
    grant.addOIDCScope(String(params.scope))
    const wanted = (prompt.details.missingResourceScopes ?? {}) as Readonly<Record<string, readonly string[]>>
    for (const [resource, scopes] of Object.entries(wanted)) grant.addResourceScope(resource, scopes.join(' '))
    const result = { login: { accountId }, consent: { grantId: await grant.save() } }
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result))
  })
}

/** Keeps a log. That a refresh token comes again is noticed here, since the provider is not to know during the grace. */
function watchTokenRequests(provider: Provider, options: AuthorizationServerOptions): readonly TokenRequest[] {
  const log: TokenRequest[] = []
  const seen = new Set<unknown>()
  const add = ({ oidc }: KoaContextWithOIDC, isIssued: boolean, error?: string): void => {
    const { grant_type: grantType, refresh_token: refreshToken } = oidc.params ?? {}
    const outcome = !isIssued ? 'refused' : seen.has(refreshToken) ? 'repeated' : 'issued'
    if (isIssued && refreshToken) seen.add(refreshToken)
    const clientId = oidc.client?.clientId
    const request = { at: Date.now(), clientId, grantType: grantType as string | undefined, outcome, error } as const
    log.push(request)
    options.onTokenRequest?.(request)
  }
  provider.on('grant.success', (ctx) => add(ctx, true))
  provider.on('grant.error', (ctx, { error, error_detail: detail }) => add(ctx, false, `${error}: ${detail}`))
  provider.on('refresh_token.consumed', ({ clientId }) => options.onRotation?.(String(clientId)))
  return log
}
