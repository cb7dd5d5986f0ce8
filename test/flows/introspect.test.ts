import {
  clientSecretBasic,
  createTokenPool,
  EvergrantError,
  introspect,
  memoryStore,
  type TokenManager,
} from 'evergrant'
import { commonFaults, type Fault } from 'evergrant/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { everythingIn } from '../support/everything.js'
import { answerAt, changeMetadata, watchServer } from './watched-server.js'
import { managerAt, refusal, signedInAt } from './signed-in-at.js'

const path = '/introspect'

/** A server that tells this of every token. */
function telling(body: unknown, headers?: Record<string, string>, status = 200): ReturnType<typeof watchServer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return watchServer({ intercept: answerAt(path, () => new Response(text, { status, headers: headers ?? {} })) })
}

/** A JWT that says this. Nobody has signed it. */
function jwt(claims: object, parts = 3): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return [encode({ alg: 'RS256' }), encode(claims), 'c2lnbmF0dXJl', 'x', 'y'].slice(0, parts).join('.')
}
const jwtType = { 'content-type': 'application/token-introspection+jwt' }

afterEach(() => vi.useRealTimers())

describe('the server is asked what', () => {
  test('F-024 F-061 F-123 the access token is worth, by default', async () => {
    const watched = watchServer()
    const manager = await signedInAt(watched)
    const answer = await introspect(manager)
    const { expiresAt = 0 } = await manager.getTokens()
    expect(answer).toEqual({
      active: true,
      client_id: 'client',
      sub: 'alice',
      scope: 'openid offline_access',
      token_type: 'Bearer',
      exp: expect.closeTo(expiresAt / 1000, -1),
    })
  })

  test('P-163 the refresh token is worth, if that is wanted', async () => {
    const watched = watchServer()
    const manager = await signedInAt(watched)
    expect(await introspect(manager, { token: 'refresh_token' })).toMatchObject({ active: true, sub: 'alice' })
    const [asked] = watched.seen(path)
    expect(asked).toEqual({
      client_id: 'client',
      token: expect.stringMatching(/^refresh/),
      token_type_hint: 'refresh_token',
    })
  })

  test('P-160 F-120 F-121 F-122 T-10 by a form of a public client that names itself', async () => {
    const watched = watchServer()
    const manager = await signedInAt(watched)
    await introspect(manager)
    const token = await manager.getAccessToken()
    expect(watched.seen(path)).toEqual([{ client_id: 'client', token, token_type_hint: 'access_token' }])
  })

  test('P-160 P-027 T-11 by a web client with its secret', async () => {
    const watched = watchServer({ clients: { web: { secret: 's3cret' } } })
    const manager = await signedInAt(watched, { clientId: 'web', clientAuth: clientSecretBasic('s3cret') })
    expect(await introspect(manager)).toMatchObject({ active: true })
    expect(watched.seen(path)).toEqual([{ token: await manager.getAccessToken(), token_type_hint: 'access_token' }])
    const guessing = await signedInAt(watched, { clientId: 'web', clientAuth: clientSecretBasic('guess') })
    const error = await refusal(introspect(guessing))
    expect(error).toMatchObject({ code: 'misconfigured', error: 'invalid_client', status: 401 })
  })

  test('the token of a resource is worth, among several access tokens', async () => {
    const watched = watchServer()
    const manager = await signedInAt(watched)
    const resource = 'https://api.example'
    expect(await refusal(introspect(manager, { resource }))).toMatchObject({ code: 'misconfigured' })
    const token = await manager.getAccessToken({ resource })
    await introspect(manager, { resource })
    expect(watched.seen(path).map((asked) => asked.token)).toEqual([token])
  })

  test('a token is worth that a pool holds', async () => {
    const { server, handle } = watchServer()
    const fetch: typeof globalThis.fetch = (input, init) => handle(new Request(input, init))
    const pool = createTokenPool({ issuer: server.issuer, clientId: 'client', store: memoryStore(), fetch })
    const session = pool.session('alice')
    await session.setTokens(await server.signIn())
    expect(await introspect(session)).toMatchObject({ active: true, sub: 'alice' })
    pool.dispose()
  })
})

describe('a token that is worth nothing', () => {
  test('P-161 is an answer and no error, and costs nothing', async () => {
    const watched = watchServer()
    const manager = await signedInAt(watched)
    watched.server.revoke(0)
    expect(await introspect(manager)).toEqual({ active: false })
    expect(await introspect(manager, { token: 'refresh_token' })).toEqual({ active: false })
    expect(manager.getSnapshot()).toMatchObject({ status: 'active' })
  })

  test('P-161 has no other members, whatever the server adds', async () => {
    const manager = await signedInAt(telling({ active: false, exp: 1, sub: 'alice' }))
    expect(await introspect(manager)).toEqual({ active: false })
  })

  test('F-024 is told also of a token that has expired here: nothing is renewed for the question', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] })
    const watched = watchServer({ accessTokenSeconds: 60 })
    const manager = await signedInAt(watched)
    vi.advanceTimersByTime(61_000)
    expect(await introspect(manager)).toEqual({ active: false })
    expect(watched.server.tokenRequests).toBe(0)
  })

  test('P-162 is asked about again each time', async () => {
    const watched = watchServer()
    const manager = await signedInAt(watched)
    expect(await introspect(manager)).toMatchObject({ active: true })
    watched.server.revoke(0)
    expect(await introspect(manager)).toEqual({ active: false })
    expect(watched.seen(path)).toHaveLength(2)
  })
})

describe('what the server tells', () => {
  test('F-124 F-125 F-126 F-127 F-128 F-129 F-130 is passed on, also what the standard does not name', async () => {
    const times = { exp: 1, iat: 2, nbf: 3 }
    const told = {
      active: true,
      scope: 'openid profile',
      username: 'alice@example.com',
      sub: 'alice',
      uid: '00u',
      ...times,
      aud: ['https://api.example', 'client'],
      iss: 'https://as.example',
      client_id: 'client',
      token_type: 'Bearer',
      jti: 'AT.1.oar2',
      device_id: 'guo',
      cnf: { jkt: 'x' },
    }
    expect(await introspect(await signedInAt(telling(told)))).toEqual(told)
  })

  test('is left out where it is not of the type that it should have', async () => {
    const odd = { scope: ['a'], username: 1, exp: '1', iat: null, nbf: {}, aud: [1], sub: false, iss: 1, jti: 2 }
    const told = { active: true, ...odd, client_id: {}, token_type: [], toString: 'x', uid: null }
    expect(await introspect(await signedInAt(telling(told)))).toEqual({ active: true, toString: 'x', uid: null })
  })

  test('does not reach the prototype of anything', async () => {
    const answer = await introspect(await signedInAt(telling('{"active":true,"__proto__":{"isAdmin":true}}')))
    expect((answer as { isAdmin?: boolean }).isAdmin).toBeUndefined()
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
  })

  test('is read out of a JWT (RFC 9701), whose signature is not checked', async () => {
    const token_introspection = { active: true, sub: 'alice' }
    const answer = telling(jwt({ iss: 'https://as.example', aud: 'client', token_introspection }), jwtType)
    expect(await introspect(await signedInAt(answer))).toEqual(token_introspection)
  })

  test.each([
    ['without the claim', jwt({ iss: 'https://as.example', active: true })],
    ['with a claim of another kind', jwt({ token_introspection: 'active' })],
    ['that is none', 'no.jwt'],
    ['that is empty', ''],
  ])('is nothing in a JWT %s', async (_kind, text) => {
    const error = await refusal(introspect(await signedInAt(telling(text, jwtType))))
    expect(error).toMatchObject({ code: 'unavailable', status: 200 })
  })

  test('cannot be read out of an encrypted JWT', async () => {
    const error = await refusal(introspect(await signedInAt(telling(jwt({}, 5), jwtType))))
    expect(error).toMatchObject({ code: 'unsupported' })
  })
})

describe('no answer of a server', () => {
  test('P-189 that offers no introspection is one', async () => {
    const watched = watchServer({ intercept: changeMetadata((metadata) => delete metadata.introspection_endpoint) })
    const error = await refusal(introspect(await signedInAt(watched)))
    expect(error).toMatchObject({ code: 'unsupported', message: expect.stringContaining('introspection_endpoint') })
  })

  test.each<[string, Fault, object]>([
    ['503', commonFaults.unavailable(), { code: 'unavailable', status: 503 }],
    ['page of a hotel', commonFaults.captivePortal(), { code: 'unavailable', status: 200 }],
    ['redirect', commonFaults.redirect('https://elsewhere.example'), { code: 'unavailable' }],
    ['204', { type: 'respond', status: 204, body: undefined }, { code: 'unavailable', status: 204 }],
    ['answer without active', { type: 'respond', status: 200, body: { sub: 'a' } }, { code: 'unavailable' }],
    ['active that is a word', { type: 'respond', status: 200, body: { active: 'true' } }, { code: 'unavailable' }],
    ['crash that shows an answer', { type: 'respond', status: 500, body: { active: true } }, { code: 'unavailable' }],
    ['list', { type: 'respond', status: 200, body: [true] }, { code: 'unavailable' }],
    ['cut', { type: 'truncate', bytes: 5 }, { code: 'unavailable' }],
    ['lost connection', { type: 'drop-response' }, { code: 'unavailable' }],
    [
      'refusal',
      { type: 'respond', status: 403, body: { error: 'access_denied' } },
      { code: 'denied', status: 403, error: 'access_denied' },
    ],
    [
      'refusal to public clients, as at Okta',
      { type: 'respond', status: 401, body: { error: 'invalid_client' } },
      { code: 'misconfigured', status: 401, error: 'invalid_client' },
    ],
  ])('P-164 F-131 such as a %s does the session any harm', async (_kind, fault, expected) => {
    const watched = watchServer({ fault: ({ url }) => (url.endsWith(path) ? fault : undefined) })
    const manager = await signedInAt(watched)
    const before = await manager.getTokens()
    const error = await refusal(introspect(manager, { token: 'refresh_token' }))
    expect(error).toBeInstanceOf(EvergrantError)
    expect(error).toMatchObject(expected)
    expect(await manager.getTokens()).toEqual(before)
    expect(manager.getSnapshot()).toMatchObject({ status: 'active', error: undefined })
  })

  test('that is busy goes without saying when to ask again', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) })
    const manager = await signedInAt(telling('busy', { 'retry-after': '30' }, 503))
    expect(await refusal(introspect(manager))).toMatchObject({ code: 'unavailable', retryAt: Date.now() + 30_000 })
  })

  test('P-012 is waited for longer than ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] })
    const never = new Promise<Response>(() => undefined)
    const watched = watchServer({
      intercept: (request, pass) => (request.url.endsWith(path) ? never : pass(request)),
    })
    const error = refusal(introspect(await signedInAt(watched)))
    await vi.advanceTimersByTimeAsync(10_100)
    expect(await error).toMatchObject({ code: 'unavailable' })
  })

  test('P-055 repeats the token in an error', async () => {
    const token = 'a-secret-of-letters'
    const body = {
      error: `no ${token}`,
      error_description: `the token ${token} is bad`,
      error_uri: `https://x/?${token}`,
    }
    const watched = telling(body, {}, 400)
    const manager = await signedInAt(watched)
    await manager.setTokens({ refresh_token: token, access_token: token, token_type: 'Bearer' })
    for (const name of ['refresh_token', 'access_token'] as const) {
      const error = await refusal(introspect(manager, { token: name }))
      expect(error).toMatchObject({ code: 'misconfigured', errorDescription: expect.any(String) })
      expect(everythingIn(error)).not.toContain(token)
    }
  })
})

describe('there is nothing to ask about', () => {
  test('when nobody is signed in', async () => {
    expect(await refusal(introspect(managerAt(watchServer())))).toMatchObject({ code: 'login_required' })
  })

  test('when the session has no such token', async () => {
    const watched = watchServer()
    const manager = managerAt(watched)
    await manager.setTokens({ access_token: 'access', token_type: 'Bearer' })
    const error = await refusal(introspect(manager, { token: 'refresh_token' }))
    expect(error).toMatchObject({ code: 'misconfigured', message: expect.stringContaining('refresh_token') })
    expect(watched.seen(path)).toEqual([])
  })

  test('when the resource is none', async () => {
    const manager = await signedInAt(watchServer())
    expect(await refusal(introspect(manager, { resource: '/api' }))).toMatchObject({ code: 'misconfigured' })
  })

  test('when what is given is no manager, but a copy of one', async () => {
    const copy = { ...(await signedInAt(watchServer())) } as TokenManager
    expect(await refusal(introspect(copy))).toMatchObject({ code: 'misconfigured' })
  })

  test('when the manager was disposed of', async () => {
    const manager = await signedInAt(watchServer())
    manager.dispose()
    expect(await refusal(introspect(manager))).toMatchObject({ code: 'aborted' })
  })
})

test('P-165 a token is shown to the server that issued it, and to no other', async () => {
  const ours = watchServer({ issuer: 'https://ours.example' })
  const theirs = watchServer({ issuer: 'https://theirs.example' })
  const store = memoryStore()
  await signedInAt(ours, { store })
  expect(await refusal(introspect(managerAt(theirs, { store })))).toMatchObject({ code: 'login_required' })
  expect(theirs.seen(path)).toEqual([])
})
