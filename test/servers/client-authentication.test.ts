import {
  clientCredentials,
  clientSecretJwt,
  clientSecretPost,
  createTokenManager,
  introspect,
  privateKeyJwt,
  revoke,
  tlsClientAuth,
  type ClientAuth,
  type TokenManager,
  type TokenManagerOptions,
} from 'evergrant/node'
import { generateKeyPairSync } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ClientMetadata, Configuration } from 'oidc-provider'
import { startAuthorizationServer, type AuthorizationServer } from '../../examples/demo/authorization-server.js'
import { signIn } from '../../examples/demo/sign-in.js'
import { certificateKey, fetchWithCertificate, serveMutualTls, type MutualTls } from './mutual-tls.js'

const redirectUri = 'http://127.0.0.1/callback'
const secret = 'a secret of more than 32 characters'
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

interface Client {
  readonly clientAuth: ClientAuth
  readonly registered: Partial<ClientMetadata>
}

const byKey = (name: string, alg: string, { privateKey, publicKey } = ec): [string, Client] => [
  `a key for ${alg}`,
  {
    clientAuth: privateKeyJwt({ ...privateKey.export({ format: 'jwk' }), alg, kid: name } as JsonWebKey),
    registered: {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: alg as 'ES256',
      jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), alg, kid: name, use: 'sig' } as never] },
    },
  },
]
const bySecret = (method: 'client_secret_post' | 'client_secret_jwt', clientAuth: ClientAuth): [string, Client] => [
  method,
  { clientAuth, registered: { token_endpoint_auth_method: method, client_secret: secret } },
]
const clients = [
  byKey('one', 'ES256'),
  byKey('two', 'RS256', rsa),
  byKey('three', 'PS256', rsa),
  bySecret('client_secret_jwt', clientSecretJwt(secret)),
  bySecret('client_secret_post', clientSecretPost(secret)),
] as const
const [[, keyClient]] = clients

let server: AuthorizationServer | undefined
let front: MutualTls | undefined
const managers: TokenManager[] = []

afterEach(async () => {
  vi.useRealTimers()
  for (const manager of managers.splice(0)) manager.dispose()
  await front?.close()
  await server?.close()
  front = undefined
})

type Features = NonNullable<Configuration['features']>

/** Starts a provider that knows one client and has everything that this file is about. */
async function start(registered: Partial<ClientMetadata>, features: Features = {}, discovery = {}): Promise<string> {
  const client = { client_id: 'service', redirect_uris: [redirectUri], ...registered } as ClientMetadata
  server = await startAuthorizationServer({
    clients: [client],
    configuration: {
      clientAuthMethods: [registered.token_endpoint_auth_method as 'private_key_jwt'],
      discovery,
      features: {
        devInteractions: { enabled: false },
        introspection: { enabled: true, allowedPolicy: () => true },
        revocation: { enabled: true, allowedPolicy: () => true },
        ...features,
      } as Features,
    },
  })
  return server.issuer
}

function managerOf(issuer: string, clientAuth: ClientAuth, options: Partial<TokenManagerOptions> = {}): TokenManager {
  const manager = createTokenManager({ issuer, clientId: 'service', clientAuth, autoRenew: false, ...options })
  managers.push(manager)
  return manager
}

/** A manager with a session of alice. */
async function signedIn(...parts: Parameters<typeof managerOf>): Promise<TokenManager> {
  const [issuer, auth] = parts
  const manager = managerOf(...parts)
  await manager.setTokens(await signIn({ issuer, clientId: 'service', redirectUri, auth }))
  return manager
}

/** Lets the access tokens of the provider expire, by everybody's clock. */
function waitUntilExpired(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 20_000 })
}

describe.each(clients)('P-025 a client of oidc-provider with %s', (_method, { clientAuth, registered }) => {
  test('renews, asks about its tokens and revokes them', async () => {
    const manager = await signedIn(await start(registered), clientAuth)
    const first = await manager.getAccessToken()
    waitUntilExpired()
    expect(await introspect(manager)).toEqual({ active: false })
    const second = await manager.getAccessToken()
    expect(second).not.toBe(first)
    expect(server?.tokenRequests.at(-1)).toMatchObject({ clientId: 'service', outcome: 'issued' })
    const common = { active: true, client_id: 'service', sub: 'alice', scope: 'openid offline_access' }
    const { expiresAt = 0 } = await manager.getTokens()
    expect(await introspect(manager)).toMatchObject({
      ...common,
      token_type: 'Bearer',
      exp: expect.closeTo(expiresAt / 1000, -1),
    })
    expect(await introspect(manager, { token: 'refresh_token' })).toMatchObject(common)
    await revoke(manager)
    expect(manager.getSnapshot()).toMatchObject({ status: 'signed_out' })
    expect(await server?.inspect(second)).toBeUndefined()
  })
})

test('P-026 assertions may be for the endpoint that is asked', async () => {
  const issuer = await start(keyClient.registered)
  const clientAuth = privateKeyJwt(ec.privateKey.export({ format: 'jwk' }) as JsonWebKey, { audience: 'endpoint' })
  const manager = await signedIn(issuer, clientAuth)
  waitUntilExpired()
  await manager.getAccessToken()
  expect(await introspect(manager)).toMatchObject({ active: true })
  await revoke(manager)
})

test('P-029 a key that was replaced is asked for once more, and the session goes on', async () => {
  const issuer = await start(keyClient.registered)
  const asked: boolean[] = []
  const [old, current] = [generateKeyPairSync('ec', { namedCurve: 'P-256' }), ec].map(
    ({ privateKey }) => privateKey.export({ format: 'jwk' }) as JsonWebKey,
  )
  const kept = privateKeyJwt((isRefused) => {
    asked.push(isRefused)
    return (isRefused ? current : old) as JsonWebKey
  })
  const manager = managerOf(issuer, kept)
  await manager.setTokens(await signIn({ issuer, clientId: 'service', redirectUri, auth: keyClient.clientAuth }))
  waitUntilExpired()
  await manager.getAccessToken()
  expect(asked).toEqual([false, true])
  expect(manager.getSnapshot()).toMatchObject({ status: 'active', generation: 1, error: undefined })
})

test('a revoked access token is replaced, unless the server ends the whole grant with it, as this one does', async () => {
  const manager = await signedIn(await start(keyClient.registered), keyClient.clientAuth)
  await revoke(manager, { token: 'access_token' })
  expect(manager.getSnapshot()).toMatchObject({ status: 'active' })
  await expect(manager.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
  expect(manager.getSnapshot()).toMatchObject({ status: 'ended', reason: 'expired_or_revoked' })
})

test('what the server says of a token is read out of a JWT, too', async () => {
  const registered = { ...keyClient.registered, introspection_signed_response_alg: 'ES256' } as const
  const issuer = await start(registered, { jwtIntrospection: { enabled: true } })
  const types: (string | null)[] = []
  const manager = await signedIn(issuer, keyClient.clientAuth, {
    async fetch(input, init) {
      const request = new Request(input, init)
      if (request.url.endsWith('/introspection')) {
        request.headers.set('accept', 'application/token-introspection+jwt')
      }
      const response = await fetch(request)
      types.push(response.headers.get('content-type'))
      return response
    },
  })
  expect(await introspect(manager)).toMatchObject({ active: true, sub: 'alice', client_id: 'service' })
  expect(types.at(-1)).toContain('application/token-introspection+jwt')
})

test('P-028 P-155 a certificate speaks for the client, at the endpoints for mutual TLS', async () => {
  front = await serveMutualTls()
  const { url, paths } = front
  const getCertificate = (ctx: { get(name: string): string }): string => ctx.get('x-client-cert')
  const registered: Partial<ClientMetadata> = {
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    tls_client_certificate_bound_access_tokens: true,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    jwks: { keys: [certificateKey() as never] },
  }
  const mTLS = { enabled: true, selfSignedTlsClientAuth: true, certificateBoundAccessTokens: true, getCertificate }
  const mtls_endpoint_aliases = {
    token_endpoint: `${url}/token`,
    introspection_endpoint: `${url}/token/introspection`,
    revocation_endpoint: `${url}/token/revocation`,
  }
  const issuer = await start(registered, { mTLS, clientCredentials: { enabled: true } }, { mtls_endpoint_aliases })
  front.forwardTo(issuer)
  const manager = managerOf(issuer, tlsClientAuth(), { grant: clientCredentials(), fetch: fetchWithCertificate })
  await manager.getAccessToken()
  expect(await introspect(manager)).toMatchObject({ active: true, cnf: { 'x5t#S256': expect.any(String) } })
  await revoke(manager, { token: 'access_token' })
  expect(paths).toEqual(['/token', '/token/introspection', '/token/revocation'])
})
