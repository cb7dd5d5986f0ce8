import { describe, expect, test } from 'vitest'
import { createAuthorizationServer, type AuthorizationServer } from 'evergrant/testing'
import { outcomes, redeem, startServer, statusAtResource, successorOf, tokenRequest } from './redeeming.js'

const year = 365 * 24 * 3_600_000

async function getJson(server: AuthorizationServer, url: string): Promise<Readonly<Record<string, unknown>>> {
  const response = await server.handle(new Request(url))
  expect(response.status).toBe(200)
  return (await response.json()) as Record<string, unknown>
}

describe('where to find the endpoints', () => {
  test.each([
    ['https://as.example', '/.well-known/openid-configuration'],
    ['https://as.example', '/.well-known/oauth-authorization-server'],
    ['https://as.example/tenant/one', '/tenant/one/.well-known/openid-configuration'],
    ['https://as.example/tenant/one', '/.well-known/oauth-authorization-server/tenant/one'],
    ['https://as.example/', '/.well-known/openid-configuration'],
    ['https://as.example/tenant/', '/tenant/.well-known/openid-configuration'],
    ['http://localhost:8080', '/.well-known/openid-configuration'],
  ])('of %s, its metadata at %s tells', async (issuer, path) => {
    const server = createAuthorizationServer({ issuer })
    const metadata = await getJson(server, `${new URL(issuer).origin}${path}`)
    const base = issuer.replace(/\/$/, '')
    expect(metadata).toEqual({
      issuer,
      authorization_endpoint: `${base}/authorize`,
      pushed_authorization_request_endpoint: `${base}/par`,
      device_authorization_endpoint: `${base}/device_authorization`,
      token_endpoint: `${base}/token`,
      introspection_endpoint: `${base}/introspect`,
      revocation_endpoint: `${base}/revoke`,
      end_session_endpoint: `${base}/logout`,
      jwks_uri: `${base}/jwks`,
      response_types_supported: ['code'],
      grant_types_supported: [
        'authorization_code',
        'refresh_token',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: [
        ...['none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'],
      ],
      id_token_signing_alg_values_supported: ['ES256'],
      authorization_response_iss_parameter_supported: true,
      require_pushed_authorization_requests: false,
    })
    expect(await getJson(server, String(metadata.jwks_uri))).toHaveProperty('keys')
    const { refresh_token } = await server.signIn()
    expect(await successorOf(server, refresh_token)).toMatch(/^refresh/)
  })

  test('nothing else is served', async () => {
    const server = createAuthorizationServer({ issuer: 'https://as.example/tenant' })
    for (const path of ['/', '/tenant', '/token', '/tenant/token/x', '/.well-known/openid-configuration']) {
      expect((await server.handle(new Request(`https://as.example${path}`))).status).toBe(404)
    }
    expect(server.tokenRequests).toBe(0)
  })
})

describe('a sign-in', () => {
  test('brings the tokens of a public client for alice unless it says otherwise', async () => {
    const server = createAuthorizationServer()
    const response = await server.signIn()
    expect(response).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'offline_access' })
    expect(response).not.toHaveProperty('id_token')
    expect(server.inspect(String(response.access_token))?.subject).toBe('alice')
  })

  test('with openid brings an ID token whose signature holds, and so does each renewal', async () => {
    const { server, environment } = await startServer()
    const first = await server.signIn({ subject: 'bob', scope: 'openid offline_access' })
    await environment.pass(60_000)
    const { body } = await redeem(server, first.refresh_token)
    const { keys } = (await getJson(server, 'https://as.example/jwks')) as { keys: JsonWebKey[] }
    for (const token of [first.id_token, body.id_token]) {
      const [head = '', claims = '', signature = ''] = String(token).split('.')
      const key = await crypto.subtle.importKey('jwk', keys[0] ?? {}, { name: 'ECDSA', namedCurve: 'P-256' }, false, [
        'verify',
      ])
      const input = new TextEncoder().encode(`${head}.${claims}`)
      const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
      expect(await crypto.subtle.verify(algorithm, key, Buffer.from(signature, 'base64url'), input)).toBe(true)
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
        iss: 'https://as.example',
        sub: 'bob',
        aud: 'client',
      })
    }
  })
})

describe('who may use a refresh token', () => {
  const secret = 'a:b/c+d e%f&ü'
  const clients = { client: {}, other: {}, web: { secret } }
  const basic = (id: string, password: string): string => {
    const encode = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)
    return `Basic ${btoa(`${encode(id)}:${encode(password)}`)}`
  }

  test('is a web client with its secret, whatever characters that holds', async () => {
    const server = createAuthorizationServer({ clients })
    const { refresh_token } = await server.signIn({ clientId: 'web' })
    const request = tokenRequest(server, refresh_token, { authorization: basic('web', secret) })
    expect((await server.handle(request)).status).toBe(200)
  })

  test.each([
    ['a web client with a wrong secret', { authorization: basic('web', 'guess') }],
    ['a web client that leaves its secret out', { clientId: 'web' }],
    ['a web client that names itself a second time', { clientId: 'web', authorization: basic('web', secret) }],
    ['a public client with a secret that it does not have', { authorization: basic('client', '') }],
    ['a client that nobody knows', { clientId: 'constructor' }],
    ['nobody', {}],
  ])('is not %s, and the token stays as it is', async (_who, identity) => {
    const server = createAuthorizationServer({ clients })
    const { refresh_token } = await server.signIn({ clientId: 'web' })
    const response = await server.handle(tokenRequest(server, refresh_token, identity))
    expect([response.status, await response.json()]).toEqual([401, { error: 'invalid_client' }])
    expect(response.headers.get('www-authenticate')).toMatch(/^Basic /)
    expect(server.redemptions).toEqual([])
    expect(server.inspect(String(refresh_token))?.isUsable).toBe(true)
  })

  test('is not another client of the server', async () => {
    const server = createAuthorizationServer({ clients })
    const { refresh_token } = await server.signIn({ clientId: 'client' })
    const response = await server.handle(tokenRequest(server, refresh_token, { clientId: 'other' }))
    expect([response.status, outcomes(server)]).toEqual([400, ['unknown']])
    expect(await successorOf(server, refresh_token)).toMatch(/^refresh/)
  })

  test('is nobody who made the token up', async () => {
    const { server } = await startServer()
    expect(await redeem(server, 'refresh.0.made-up')).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(server.redemptions).toMatchObject([{ family: undefined, depth: undefined, outcome: 'unknown' }])
  })

  test('is nobody with another grant', async () => {
    const { server } = await startServer()
    const body = new URLSearchParams({ grant_type: 'password', client_id: 'client' })
    const response = await server.handle(new Request('https://as.example/token', { method: 'POST', body }))
    expect([response.status, await response.json()]).toEqual([400, { error: 'unsupported_grant_type' }])
  })

  test('is no public client that asks for itself', async () => {
    const { server } = await startServer()
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'client' })
    const response = await server.handle(new Request('https://as.example/token', { method: 'POST', body }))
    expect([response.status, await response.json()]).toEqual([400, { error: 'unauthorized_client' }])
  })
})

describe('the protected resource', () => {
  test('is served to who presents a token that lives, and says whose it is', async () => {
    const { server, accessToken } = await startServer()
    const headers = { authorization: `Bearer ${accessToken}` }
    const response = await server.handle(new Request('https://as.example/resource', { headers }))
    expect([response.status, await response.json()]).toEqual([200, { subject: 'alice' }])
  })

  test('is refused to everybody else, with the challenge of RFC 6750', async () => {
    const { server, environment, accessToken, refreshToken } = await startServer({ accessTokenSeconds: 60 })
    for (const token of [undefined, 'made-up', refreshToken]) expect(await statusAtResource(server, token)).toBe(401)
    await environment.pass(59_999)
    expect(await statusAtResource(server, accessToken)).toBe(200)
    await environment.pass(1)
    const headers = { authorization: `Bearer ${accessToken}` }
    const { status, headers: answer } = await server.handle(new Request('https://as.example/resource', { headers }))
    expect([status, answer.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"'])
  })
})

describe('what the server knows', () => {
  test('of a token can be asked at any time, which changes nothing', async () => {
    const { server, environment, accessToken, refreshToken } = await startServer()
    const expiresAt = environment.now() + 3_600_000
    expect(server.inspect(accessToken)).toEqual({
      ...{ kind: 'access', family: 0, subject: 'alice', depth: undefined },
      ...{ expiresAt, isUsable: true },
    })
    expect(server.inspect(refreshToken)).toMatchObject({ kind: 'refresh', depth: 0, isUsable: true })
    const successor = await successorOf(server, refreshToken)
    expect(server.inspect(refreshToken)).toMatchObject({ kind: 'refresh', depth: 0, isUsable: false })
    expect(server.inspect(successor)).toMatchObject({ kind: 'refresh', depth: 1, isUsable: true })
    await environment.pass(3_600_000)
    expect(server.inspect(accessToken)?.isUsable).toBe(false)
    expect(server.inspect('made-up')).toBeUndefined()
    expect(outcomes(server)).toEqual(['accepted'])
    expect(await successorOf(server, successor)).toMatch(/^refresh/)
  })

  test('of the uses of refresh tokens is a log with their times', async () => {
    const { server, environment, refreshToken } = await startServer()
    const start = environment.now()
    const successor = await successorOf(server, refreshToken)
    await environment.pass(1234)
    await successorOf(server, successor)
    expect(server.redemptions).toEqual([
      { at: start, family: 0, depth: 0, outcome: 'accepted' },
      { at: start + 1234, family: 0, depth: 1, outcome: 'accepted' },
    ])
  })
})

test('an administrator ends a session, and no other', async () => {
  const { server, accessToken, refreshToken } = await startServer()
  const other = await server.signIn()
  server.revoke(0)
  server.revoke(99)
  expect(server.inspect(refreshToken)?.isUsable).toBe(false)
  expect(await statusAtResource(server, accessToken)).toBe(401)
  expect(await redeem(server, refreshToken)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  expect(await statusAtResource(server, other.access_token)).toBe(200)
  expect(outcomes(server)).toEqual(['dead'])
})

test('a server whose clock is wrong is wrong in everything it says', async () => {
  const { server, environment, accessToken } = await startServer({ clockOffsetMs: year })
  const serverNow = environment.now() + year
  const { refresh_token, id_token } = await server.signIn({ scope: 'openid' })
  const { headers } = await server.handle(tokenRequest(server, refresh_token))
  const claims = JSON.parse(Buffer.from(String(id_token).split('.')[1] ?? '', 'base64url').toString()) as {
    iat: number
  }
  expect(Date.parse(headers.get('date') ?? '')).toBe(serverNow)
  expect(server.inspect(accessToken)?.expiresAt).toBe(serverNow + 3_600_000)
  expect(server.redemptions[0]?.at).toBe(serverNow)
  expect(claims.iat).toBe(serverNow / 1000)
  expect(await statusAtResource(server, accessToken)).toBe(200)
})
