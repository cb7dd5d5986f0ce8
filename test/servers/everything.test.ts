import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  createTokenManager,
  dpop,
  encryptedStore,
  fileStore,
  introspect,
  privateKeyJwt,
  type TokenManager,
} from 'evergrant/node'
import { startAuthorizationServer, type AuthorizationServer } from '../../examples/demo/authorization-server.js'
import { browse } from '../../examples/demo/sign-in.js'
import { authorizationRequest, redeemCode } from '../../src/oauth/authorization-code.js'

const redirectUri = 'http://127.0.0.1/callback'
const orders = 'https://orders.example/'
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })

let server: AuthorizationServer
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-everything-'))
  server = await startAuthorizationServer({
    accessTokenSeconds: 4,
    graceSeconds: 0,
    clients: [
      {
        client_id: 'service',
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        dpop_bound_access_tokens: true,
        jwks: { keys: [{ ...keys.publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
      },
    ],
    configuration: {
      issueRefreshToken: async () => true,
      expiresWithSession: async () => false,
      features: {
        devInteractions: { enabled: false },
        pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
        revocation: { enabled: true, allowedPolicy: async () => true },
        introspection: { enabled: true, allowedPolicy: async () => true },
        rpInitiatedLogout: { enabled: true },
        dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => orders,
          useGrantedResource: () => true,
          getResourceServerInfo: () => ({ scope: 'read write', accessTokenFormat: 'opaque', accessTokenTTL: 4 }),
        },
      },
    },
  })
})
afterAll(async () => {
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

/** A service as it is after each start: its key is in its environment, the session in an encrypted file. */
async function start(): Promise<TokenManager> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const jwk = keys.privateKey.export({ format: 'jwk' })
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign'])
  return createTokenManager({
    issuer: server.issuer,
    clientId: 'service',
    clientAuth: privateKeyJwt(key),
    dpop: dpop({ extractable: true }),
    scope: 'openid offline_access read',
    store: encryptedStore(fileStore(join(folder, 'session')), [new Uint8Array(32).fill(1)]),
    allowedOrigins: [server.issuer],
    autoRenew: false,
  })
}

test('private_key_jwt, DPoP with nonces, pushed requests, resources, introspection and revocation work together', async () => {
  const tokens = await start()
  const request = await authorizationRequest(tokens.client, 'state', { redirectUri, prompt: 'consent' })
  const callback = await browse(request.url.href, redirectUri)
  const { response, sentAt, proofKey } = await redeemCode(tokens.client, callback.searchParams, request.sent)
  await tokens.setTokens(response, { receivedAt: sentAt, proofKey })
  for (let restart = 0; restart < 2; restart++) {
    const restarted = await start()
    const first = await restarted.getAccessToken()
    const { accessToken, tokenType } = await restarted.getTokens({ rejected: first })
    expect(tokenType).toBe('DPoP')
    expect(accessToken).not.toBe(first)
    expect(await introspect(restarted)).toMatchObject({ active: true, client_id: 'service', token_type: 'DPoP' })
    restarted.dispose()
  }
  const wanted = await tokens.getTokens({ resource: orders, scope: 'read' })
  expect(wanted.scope).toBe('read')
  const refused = server.tokenRequests.filter(({ outcome, error }) => outcome !== 'issued' && !error?.includes('nonce'))
  expect(refused).toEqual([])
  const { accessToken } = await tokens.getTokens()
  await tokens.signOut()
  expect(await server.inspect(accessToken)).toBeUndefined()
}, 30_000)
