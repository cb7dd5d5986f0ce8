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
import { everyFeature, orders } from '../support/every-feature.js'
import { authorizationRequest, redeemCode } from '../../src/oauth/authorization-code.js'
import { FormVisitor } from '../support/form-visitor.js'

const redirectUri = 'http://127.0.0.1/callback'
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
        post_logout_redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        dpop_bound_access_tokens: true,
        jwks: { keys: [{ ...keys.publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
      },
    ],
    configuration: {
      issueRefreshToken: async () => true,
      expiresWithSession: async () => false,
      features: everyFeature(orders),
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

test('private_key_jwt, DPoP with nonces, pushed requests, resources, introspection, revocation and sign-out work together', async () => {
  const tokens = await start()
  const request = await authorizationRequest(tokens.client, 'state', { redirectUri, prompt: 'consent' })
  const user = new FormVisitor(request.url.href, redirectUri)
  await user.open()
  const { response, sentAt, proofKey } = await redeemCode(tokens.client, user.url.searchParams, request.sent)
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
  const { idToken = '' } = await tokens.signOut()
  expect(await server.inspect(accessToken)).toBeUndefined()

  const { end_session_endpoint: endOfSession = '' } = await tokens.client.metadata()
  const hint = { id_token_hint: idToken, client_id: 'service', post_logout_redirect_uri: redirectUri, state: 'bye' }
  await user.open(`${endOfSession}?${new URLSearchParams(hint).toString()}`)
  expect(user.text).toContain('Sign out?')
  await user.submit({ logout: 'yes' })
  expect(user.url.href).toBe(`${redirectUri}?state=bye`)
}, 30_000)
