import { clientSecretBasic, clientSecretJwt, clientSecretPost, privateKeyJwt, type ClientAuth } from 'evergrant'
import { createAuthorizationServer, type AuthorizationServer, type ClientRegistration } from 'evergrant/testing'
import { modifyAssertion, PrivateKeyJwt } from 'oauth4webapi'
import { describe, expect, test } from 'vitest'

const issuer = 'https://as.example'
const rsa = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }
const keys = {
  ES256: await keyPair({ name: 'ECDSA', namedCurve: 'P-256' }),
  another: await keyPair({ name: 'ECDSA', namedCurve: 'P-256' }),
  RS256: await keyPair({ name: 'RSASSA-PKCS1-v1_5', ...rsa }),
  PS256: await keyPair({ name: 'RSA-PSS', ...rsa }),
}
const { publicKey } = keys.ES256
const secret = 'a secret with é'
const [basic, post, jwt, key] = [
  clientSecretBasic(secret),
  clientSecretPost(secret),
  clientSecretJwt(secret),
  privateKeyJwt(keys.ES256.privateKey),
]

async function keyPair(algorithm: object): Promise<{ privateKey: CryptoKey; publicKey: JsonWebKey }> {
  const pair = await crypto.subtle.generateKey(algorithm as EcKeyGenParams, true, ['sign', 'verify'])
  return { privateKey: pair.privateKey, publicKey: await crypto.subtle.exportKey('jwk', pair.publicKey) }
}

function serverOf(client: ClientRegistration, clockOffsetMs = 0): AuthorizationServer {
  return createAuthorizationServer({ issuer, clients: { client, other: { secret } }, clockOffsetMs })
}

interface Prepared {
  readonly body: URLSearchParams
  readonly headers: Headers
}

async function prepare(clientAuth: ClientAuth | undefined, clientId = 'client', path = '/revoke'): Promise<Prepared> {
  const [body, headers] = [new URLSearchParams({ token: 'x' }), new Headers()]
  const server = { issuer, token_endpoint: `${issuer}/token` }
  const context = { endpoint: `${issuer}${path}`, now: () => Date.now() }
  await clientAuth?.(server, { client_id: clientId }, body, headers, context)
  return { body, headers }
}

async function statusOf(server: AuthorizationServer, { body, headers }: Prepared, path = '/revoke'): Promise<number> {
  return (await server.handle(new Request(`${issuer}${path}`, { method: 'POST', body, headers }))).status
}

const named: ClientAuth = (_server, { client_id }, body) => body.set('client_id', client_id)

describe('a client is taken for what it says', () => {
  test.each<[string, ClientRegistration, ClientAuth]>([
    ['with HTTP Basic', { secret }, basic],
    ['with its secret in the body', { secret, authMethod: 'client_secret_post' }, post],
    ['with an assertion by its secret', { secret, authMethod: 'client_secret_jwt' }, jwt],
    ['with an assertion by its key', { publicKey }, key],
    ['with RS256', { publicKey: keys.RS256.publicKey }, privateKeyJwt(keys.RS256.privateKey)],
    ['with PS256', { publicKey: keys.PS256.publicKey }, privateKeyJwt(keys.PS256.privateKey)],
    [
      'with an assertion for the endpoint',
      { publicKey },
      privateKeyJwt(keys.ES256.privateKey, { audience: 'endpoint' }),
    ],
    [
      'with an assertion for the token endpoint',
      { publicKey },
      privateKeyJwt(keys.ES256.privateKey, { audience: 'token_endpoint' }),
    ],
    ['that is public', {}, named],
  ])('%s', async (_how, registration, clientAuth) => {
    expect(await statusOf(serverOf(registration), await prepare(clientAuth))).toBe(200)
  })
})

describe('a client is refused', () => {
  test.each<[string, ClientRegistration, ClientAuth | undefined]>([
    ['that shows nothing', {}, undefined],
    ['that is a web client and only names itself', { secret }, named],
    ['that has a key and only names itself', { publicKey }, named],
    ['that is public and shows a secret', {}, post],
    ['that is public and shows an assertion', {}, key],
    ['with its secret in the body instead of the header', { secret }, post],
    ['with its secret in the header instead of the body', { secret, authMethod: 'client_secret_post' }, basic],
    ['with its secret itself instead of an assertion', { secret, authMethod: 'client_secret_jwt' }, post],
    ['with an assertion instead of its secret', { secret }, jwt],
    ['with another secret', { secret: 'another', authMethod: 'client_secret_post' }, post],
    ['with an assertion by another secret', { secret: 'another', authMethod: 'client_secret_jwt' }, jwt],
    ['with an assertion by another key', { publicKey: keys.another.publicKey }, key],
    ['with an assertion by its public key as a secret', { publicKey }, clientSecretJwt(JSON.stringify(publicKey))],
    [
      'that shows two things',
      { secret },
      async (...request) => {
        await basic(...request)
        request[2].set('client_secret', secret)
      },
    ],
  ])('%s', async (_how, registration, clientAuth) => {
    expect(await statusOf(serverOf(registration), await prepare(clientAuth))).toBe(401)
  })

  test('whose assertion is shown again', async () => {
    const server = serverOf({ publicKey })
    const prepared = await prepare(key)
    expect([await statusOf(server, prepared), await statusOf(server, prepared)]).toEqual([200, 401])
  })

  test('whose assertion is for another server or endpoint', async () => {
    const prepared = await prepare(privateKeyJwt(keys.ES256.privateKey, { audience: 'endpoint' }), 'client', '/par')
    expect(await statusOf(serverOf({ publicKey }), prepared)).toBe(401)
  })

  test.each([
    ['has expired', 11_000],
    ['is from the future', -2000],
  ])('whose assertion %s by its clock', async (_why, clockOffsetMs) => {
    expect(await statusOf(serverOf({ publicKey }, clockOffsetMs), await prepare(key))).toBe(401)
  })

  test('whose assertion speaks of another client than it names', async () => {
    const prepared = await prepare(key)
    prepared.body.set('client_id', 'other')
    expect(await statusOf(serverOf({ publicKey }), prepared)).toBe(401)
  })

  test('whose assertion was issued by another client', async () => {
    const { privateKey } = keys.ES256
    const issuedByOther = PrivateKeyJwt(privateKey, {
      [modifyAssertion]: (_header, claims) => void (claims.iss = 'other'),
    })
    expect(await statusOf(serverOf({ publicKey }), await prepare(issuedByOther))).toBe(401)
  })

  test.each(['x', 'x.y.z', 'e30.e30.', ''])('whose assertion is %o', async (assertion) => {
    const prepared = await prepare(key)
    prepared.body.set('client_assertion', assertion)
    expect(await statusOf(serverOf({ publicKey }), prepared)).toBe(401)
  })
})

describe('the introspection endpoint', () => {
  async function introspect(server: AuthorizationServer, form: Record<string, string>): Promise<unknown> {
    const body = new URLSearchParams({ client_id: 'client', ...form })
    const response = await server.handle(new Request(`${issuer}/introspect`, { method: 'POST', body }))
    return response.status === 200 ? response.json() : response.status
  }

  test('tells a client of its own tokens, while they are good', async () => {
    const server = serverOf({})
    const { access_token, refresh_token } = await server.signIn({ scope: 'a b' })
    const common = { active: true, client_id: 'client', sub: 'alice', scope: 'a b' }
    expect(await introspect(server, { token: String(access_token) })).toEqual({
      ...common,
      token_type: 'Bearer',
      exp: expect.any(Number),
    })
    expect(await introspect(server, { token: String(refresh_token) })).toEqual(common)
    server.revoke(0)
    expect(await introspect(server, { token: String(access_token) })).toEqual({ active: false })
    expect(await introspect(server, { token: String(refresh_token) })).toEqual({ active: false })
  })

  test('tells nothing of what is not known, or of others', async () => {
    const server = serverOf({})
    const { access_token } = await server.signIn({ clientId: 'other' })
    expect(await introspect(server, { token: 'made-up' })).toEqual({ active: false })
    expect(await introspect(server, { token: String(access_token) })).toEqual({ active: false })
    expect(await introspect(server, {})).toBe(400)
    expect(await introspect(server, { token: String(access_token), client_id: 'other' })).toBe(401)
  })
})
