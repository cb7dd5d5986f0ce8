import { clientSecretJwt, dpop, privateKeyJwt, type ClientAuth, type ClientKey } from 'evergrant'
import { entra } from 'evergrant/presets'
import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { answerMs } from '../../src/core/environment.js'
import { oauthClient } from '../../src/oauth/client.js'
import { ask, askedWith } from '../support/asking.js'
import { readAssertion } from '../support/assertions.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { everythingIn } from '../support/everything.js'
import { metadata } from '../support/managed.js'

const rsa = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
const [p256, pss, rs384] = [
  { name: 'ECDSA', namedCurve: 'P-256' },
  { name: 'RSA-PSS', hash: 'SHA-256', ...rsa },
  { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384', ...rsa },
]
let pair: CryptoKeyPair
let jwk: JsonWebKey

beforeAll(async () => {
  pair = await makePair(p256)
  jwk = await crypto.subtle.exportKey('jwk', pair.privateKey)
})
afterEach(() => vi.unstubAllGlobals())

function makePair(algorithm: object): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm as EcKeyGenParams, true, ['sign', 'verify'])
}

const now = new FakeEnvironment().now()
const misconfigured = expect.objectContaining({ code: 'misconfigured' }) as Error

describe('an assertion', () => {
  it('P-023 P-025 P-026 names the client, is for the server, and is the only thing shown', async () => {
    const { headers, body } = await askedWith({ clientAuth: privateKeyJwt({ key: pair.privateKey, kid: 'key-1' }) })
    expect(headers.has('authorization')).toBe(false)
    expect([...body.keys()]).toEqual([
      ...['grant_type', 'refresh_token'],
      ...['client_id', 'client_assertion_type', 'client_assertion'],
    ])
    expect(body.get('client_id')).toBe('client')
    expect(body.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    const { header, claims, isSignedBy } = readAssertion(body)
    expect(header).toEqual({ alg: 'ES256', typ: 'client-authentication+jwt', kid: 'key-1' })
    expect(claims).toEqual({
      iss: 'client',
      sub: 'client',
      aud: 'https://as.example',
      iat: now / 1000,
      nbf: now / 1000,
      exp: now / 1000 + 10,
      jti: expect.stringMatching(/^[\w-]{43}$/),
    })
    expect(await isSignedBy(pair.publicKey)).toBe(true)
  })

  it('P-026 P-078 is another one for each attempt', async () => {
    const clientAuth = privateKeyJwt(pair.privateKey)
    const asked = [await askedWith({ clientAuth }), await askedWith({ clientAuth })]
    expect(new Set(asked.map(({ body }) => readAssertion(body).claims.jti)).size).toBe(2)
  })

  it('P-078 P-141 is another one when a proof of possession has to be made anew', async () => {
    const assertions: unknown[] = []
    const environment = new FakeEnvironment((_url, init) => {
      assertions.push(readAssertion(new URLSearchParams(String(init?.body))).claims.jti)
      if (assertions.length > 1) return Promise.resolve(Response.json({ access_token: 'access', token_type: 'DPoP' }))
      const headers = { 'dpop-nonce': 'nonce' }
      return Promise.resolve(Response.json({ error: 'use_dpop_nonce' }, { status: 400, headers }))
    })
    const prover = dpop()
    const clientAuth = privateKeyJwt(pair.privateKey)
    const known = { metadata: () => Promise.resolve(metadata), clientId: 'client' }
    const client = oauthClient({ ...known, clientAuth, dpop: prover, environment })
    const { status } = await client.post('token_endpoint', {}, undefined, await prover.makeKey())
    expect(status).toBe(200)
    expect(new Set(assertions).size).toBe(2)
  })

  it('ends when its request counts as unanswered, so that it cannot spend a refresh token later', async () => {
    const { body } = await askedWith({ clientAuth: privateKeyJwt(pair.privateKey) })
    const { iat, exp } = readAssertion(body).claims
    expect((Number(exp) - Number(iat)) * 1000).toBe(answerMs)
  })

  it.each([
    ['issuer', ['https://as.example', 'https://as.example']],
    ['token_endpoint', ['https://as.example/token', 'https://as.example/token']],
    ['endpoint', ['https://as.example/token', 'https://as.example/revoke']],
  ] as const)('P-026 P-027 is for the %s when asked to be', async (audience, expected) => {
    const audiences: unknown[] = []
    const environment = new FakeEnvironment((_url, init) => {
      audiences.push(readAssertion(new URLSearchParams(String(init?.body))).claims.aud)
      return Promise.resolve(new Response())
    })
    const server = { ...metadata, revocation_endpoint: 'https://as.example/revoke' }
    const clientAuth = privateKeyJwt(pair.privateKey, { audience })
    const client = oauthClient({ clientId: 'client', clientAuth, metadata: () => Promise.resolve(server), environment })
    await client.post('token_endpoint', {})
    await client.post('revocation_endpoint', {})
    expect(audiences).toEqual(expected)
  })

  it('can be made by the same function for oauth4webapi, which tells it less', async () => {
    const [body, headers] = [new URLSearchParams(), new Headers()]
    const clientAuth = privateKeyJwt(pair.privateKey, { audience: 'endpoint' })
    await clientAuth(metadata as Parameters<ClientAuth>[0], { client_id: 'client' }, body, headers)
    const { aud, iat } = readAssertion(body).claims
    expect(aud).toBe('https://as.example/token')
    expect(Math.abs(Number(iat) - Date.now() / 1000)).toBeLessThan(5)
  })
})

describe('Q-Entra an assertion for a directory that is known by its domain', () => {
  const preset = entra({ tenant: 'contoso.com', scope: 'openid' })
  const known = { metadata: () => Promise.resolve(preset.metadata ?? metadata) }

  it.each<[string, (options?: { audience: 'token_endpoint' }) => ClientAuth]>([
    ['privateKeyJwt', (options) => privateKeyJwt(pair.privateKey, options)],
    ['clientSecretJwt', (options) => clientSecretJwt('secret', options)],
  ])('P-026 is not for the pattern of its issuer: %s() says what to do', async (name, make) => {
    const { sent, error } = await ask(() => Response.json({}), { ...known, clientAuth: make() })
    const advice = new RegExp(`contoso.*${name}\\(\\).*audience: 'token_endpoint'`)
    expect(error).toMatchObject({ code: 'misconfigured', message: expect.stringMatching(advice) as string })
    expect(sent).toEqual([])
    const { body } = await askedWith({ ...known, clientAuth: make({ audience: 'token_endpoint' }) })
    expect(readAssertion(body).claims.aud).toBe('https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token')
  })
})

describe('a private key', () => {
  it('P-025 is found by its certificate, where a server knows that', async () => {
    const names = { kid: 'k', x5t: 'hOBcHZi846VCHSJbFAs26Go9VTQ', 'x5t#S256': 'x'.repeat(43) }
    for (const key of [
      { ...jwk, ...names },
      { key: pair.privateKey, ...names },
    ]) {
      const { header, isSignedBy } = readAssertion((await askedWith({ clientAuth: privateKeyJwt(key) })).body)
      expect(header).toEqual({ alg: 'ES256', typ: 'client-authentication+jwt', ...names })
      expect(await isSignedBy(pair.publicKey)).toBe(true)
    }
  })

  it.each([
    ['ES256', p256],
    ['ES384', { name: 'ECDSA', namedCurve: 'P-384' }],
    ['ES512', { name: 'ECDSA', namedCurve: 'P-521' }],
    ['RS384', rs384],
    ['PS256', pss],
    ['Ed25519', { name: 'Ed25519' }],
  ])('P-025 for %s signs, as a CryptoKey and as a JSON Web Key', async (alg, algorithm) => {
    const { privateKey, publicKey } = await makePair(algorithm)
    const exported = await crypto.subtle.exportKey('jwk', privateKey)
    for (const key of [privateKey, { ...exported, kid: 'k' }]) {
      const { header, isSignedBy } = readAssertion((await askedWith({ clientAuth: privateKeyJwt(key) })).body)
      expect(header).toMatchObject({ alg, ...(key === privateKey ? {} : { kid: 'k' }) })
      expect(await isSignedBy(publicKey)).toBe(true)
    }
  })

  it('for RSA of a PEM file signs by RS256', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const key = privateKey.export({ format: 'jwk' }) as JsonWebKey
    const { header } = readAssertion((await askedWith({ clientAuth: privateKeyJwt(key) })).body)
    expect(header.alg).toBe('RS256')
  })

  it('for EdDSA keeps the name that it has for its server', async () => {
    const { privateKey } = await makePair({ name: 'Ed25519' })
    const key = { ...(await crypto.subtle.exportKey('jwk', privateKey)), alg: 'EdDSA' }
    expect(readAssertion((await askedWith({ clientAuth: privateKeyJwt(key) })).body).header.alg).toBe('EdDSA')
  })

  it('can be one that nobody can read', async () => {
    const key = await crypto.subtle.importKey('jwk', jwk, p256 as EcKeyImportParams, false, ['sign'])
    const { body } = await askedWith({ clientAuth: privateKeyJwt(key) })
    expect(await readAssertion(body).isSignedBy(pair.publicKey)).toBe(true)
  })

  it('P-029 may come from somebody who is asked for it each time', async () => {
    let count = 0
    const clientAuth = privateKeyJwt(() => Promise.resolve({ ...jwk, kid: `key-${++count}` }))
    const asked = [await askedWith({ clientAuth }), await askedWith({ clientAuth })]
    expect(asked.map(({ body }) => readAssertion(body).header.kid)).toEqual(['key-1', 'key-2'])
  })
})

describe('what is no private key', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['a PEM text', () => '-----BEGIN PRIVATE KEY-----', /JSON Web Key of a PEM file/],
    ['nothing', () => undefined, /JSON Web Key/],
    ['an object', () => ({}), /neither a JSON Web Key nor a CryptoKey/],
    ['a pair', () => pair, /neither a JSON Web Key nor a CryptoKey/],
    ['a public JSON Web Key', () => ({ ...jwk, d: undefined }), /public one/],
    ['a public CryptoKey', () => pair.publicKey, /public one/],
    ['a public CryptoKey with a name', () => ({ key: pair.publicKey, kid: '1' }), /public one/],
    ['a shared secret', () => ({ kty: 'oct', k: 'c2VjcmV0', d: 'x' }), /clientSecretJwt/],
  ])('is refused: %s', async (_kind, make, message) => {
    const key = make() as ClientKey
    const refused = expect.objectContaining({ code: 'misconfigured', message: expect.stringMatching(message) })
    expect(() => privateKeyJwt(key)).toThrow(refused as unknown as Error)
    const { sent, error } = await ask(() => Response.json({}), { clientAuth: privateKeyJwt(() => key) })
    expect(error).toEqual(refused)
    expect(sent).toEqual([])
  })

  it('is refused: a shared secret as a CryptoKey', async () => {
    const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])
    expect(() => privateKeyJwt(key)).toThrow(/clientSecretJwt/)
  })

  it('is refused: a key that was imported for something else', async () => {
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveKey'])
    expect(() => privateKeyJwt(privateKey)).toThrow(misconfigured)
  })

  it.each<[string, () => Promise<unknown>]>([
    ['damaged', () => Promise.resolve({ ...jwk, d: 'secret-0123456789abcdef' })],
    [
      'that throws',
      () =>
        Promise.resolve({
          ...jwk,
          get alg() {
            throw new Error('secret-0123456789abcdef')
          },
        }),
    ],
    ['of an unknown kind', () => Promise.resolve({ ...jwk, kty: 'XX' })],
    ['of an unknown curve', () => Promise.resolve({ ...jwk, crv: 'P-1' })],
    ['RSA that is too short', async () => (await makePair({ ...rs384, modulusLength: 1024 })).privateKey],
    ['RSA with SHA-1', async () => (await makePair({ ...rs384, hash: 'SHA-1' })).privateKey],
  ])('is refused when it is used, and sends nothing: %s', async (_kind, make) => {
    const clientAuth = privateKeyJwt((await make()) as ClientKey)
    const { sent, error } = await ask(() => Response.json({}), { clientAuth })
    expect(error).toMatchObject({ code: 'misconfigured', message: expect.stringContaining('privateKeyJwt') })
    expect(everythingIn(error)).not.toContain('secret-0123456789abcdef')
    expect(sent).toEqual([])
  })
})

describe('an assertion by a secret', () => {
  const secret = 'a secret of 32 characters or more'

  it('P-025 is signed with it and does not hold it', async () => {
    const { body } = await askedWith({ clientAuth: clientSecretJwt(secret) })
    const { header, claims, isSignedBy } = readAssertion(body)
    expect(header).toEqual({ alg: 'HS256', typ: 'client-authentication+jwt' })
    expect(claims).toMatchObject({ iss: 'client', sub: 'client', aud: 'https://as.example', exp: now / 1000 + 10 })
    const hmac = { name: 'HMAC', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('raw', Buffer.from(secret), hmac, false, ['verify'])
    expect(await isSignedBy(key)).toBe(true)
    expect(String(body)).not.toContain('secret')
  })

  it.each(['', undefined, 42])('is refused for %o', (value) => {
    expect(() => clientSecretJwt(value as string)).toThrow(misconfigured)
  })
})

it('P-024 keys and secrets are refused in a page, unless told to for a test', () => {
  vi.stubGlobal('document', {})
  const options = { dangerouslyAllowInPage: true }
  expect(() => privateKeyJwt(pair.privateKey)).toThrow(misconfigured)
  expect(() => clientSecretJwt('secret')).toThrow(misconfigured)
  expect(privateKeyJwt(pair.privateKey, options)).toBeTypeOf('function')
  expect(clientSecretJwt('secret', options)).toBeTypeOf('function')
})
