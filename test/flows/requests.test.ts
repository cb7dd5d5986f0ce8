import { createHash } from 'node:crypto'
import { handleRedirectCallback, signInWithRedirect, type SignInOptions } from 'evergrant/browser'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { fakePage, redirectUri, type FakePage } from './fake-page.js'
import { answerAt, changeJson, changeMetadata } from './watched-server.js'

afterEach(() => vi.unstubAllGlobals())

/** The parameters with which the page sends its user to the server. */
async function ask(page: FakePage, options: Partial<SignInOptions> = {}): Promise<Record<string, string>> {
  await signInWithRedirect(page.tokens, { redirectUri, ...options })
  return Object.fromEntries(page.sentTo?.searchParams ?? [])
}

/** Why a sign-in cannot be begun. Then the page stays where it is, and nothing is kept. */
async function refusal(page: FakePage, options: Partial<SignInOptions> = {}): Promise<unknown> {
  const error = await ask(page, options).catch((error: unknown) => error)
  expect(page.sentTo).toBeUndefined()
  expect(page.remembered).toEqual([])
  return error
}

const misconfigured = { name: 'EvergrantError', code: 'misconfigured' }

describe('a request to sign in', () => {
  test('P-200 P-203 F-063 F-107 F-108 asks for a code, with a proof key, a state and a nonce that are new each time', async () => {
    const page = fakePage({ scope: 'openid offline_access' })
    const first = await ask(page)
    expect(first).toEqual({
      response_type: 'code',
      client_id: 'client',
      redirect_uri: redirectUri,
      scope: 'openid offline_access',
      state: expect.stringMatching(/^[\w-]{20,}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    const second = await ask(page)
    for (const name of ['state', 'nonce', 'code_challenge']) expect(second[name]).not.toBe(first[name])

    await page.follow()
    await handleRedirectCallback(page.tokens)
    const [{ code_verifier: verifier = '', redirect_uri } = {}] = page.seen('/token')
    expect(verifier).toMatch(/^[\w-]{43}$/)
    expect(createHash('sha256').update(verifier).digest('base64url')).toBe(second.code_challenge)
    expect(redirect_uri).toBe(redirectUri)
  })

  test('says what the caller wants of the server', async () => {
    const page = fakePage({ scope: 'openid' })
    const asked = await ask(page, {
      scope: 'openid write',
      prompt: 'login',
      loginHint: 'alice@example.com',
      maxAge: 0,
      acrValues: 'phr phrh',
      additionalParameters: { audience: 'https://api.example', display: 'popup' },
    })
    expect(asked).toMatchObject({
      scope: 'openid write',
      prompt: 'login',
      login_hint: 'alice@example.com',
      max_age: '0',
      acr_values: 'phr phrh',
      audience: 'https://api.example',
      display: 'popup',
    })
  })

  test('keeps what the address of the server says already', async () => {
    const page = fakePage({
      intercept: changeMetadata((metadata) => (metadata.authorization_endpoint += '?policy=b2c')),
    })
    expect(await ask(page)).toMatchObject({ policy: 'b2c', response_type: 'code' })
  })

  test.each([
    ...['response_type', 'client_id', 'redirect_uri', 'scope', 'state', 'nonce', 'code_challenge'],
    ...['code_challenge_method', 'response_mode', 'prompt', 'login_hint', 'max_age', 'acr_values'],
  ])('has no room for a %s of the caller among the additional parameters', async (name) => {
    const page = fakePage()
    expect(await refusal(page, { additionalParameters: { [name]: 'mine' } })).toMatchObject({
      ...misconfigured,
      message: expect.stringContaining(name),
    })
  })

  test.each([
    [
      'has no authorization endpoint',
      changeMetadata((metadata) => delete metadata.authorization_endpoint),
      'misconfigured',
    ],
    [
      'wants its users without TLS',
      changeMetadata((metadata) => (metadata.authorization_endpoint = 'http://as.example/authorize')),
      'misconfigured',
    ],
    ['is down', answerAt('/.well-known', () => new Response('', { status: 503 })), 'unavailable'],
  ] as const)('is not made when the server %s', async (_kind, intercept, code) => {
    expect(await refusal(fakePage({ intercept }))).toMatchObject({ name: 'EvergrantError', code })
  })

  test('is not made where sessionStorage cannot be written', async () => {
    const page = fakePage()
    vi.spyOn(sessionStorage, 'setItem').mockImplementation(() => {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
    })
    expect(await refusal(page)).toMatchObject({ code: 'storage_failed' })
  })

  test('is not made in a page without cryptography', async () => {
    const page = fakePage()
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto), randomUUID: crypto.randomUUID })
    expect(await refusal(page)).toMatchObject({ code: 'unsupported', message: expect.stringContaining('https') })
  })
})

describe('a pushed request', () => {
  test.each([
    ['requires it', { requirePushedRequests: true }, {}],
    ['is asked to take it', {}, { usePushedRequest: true }],
  ])('leaves nothing but its name in the address, where the server %s', async (_kind, server, options) => {
    const page = fakePage({ ...server, scope: 'openid' })
    const address = await ask(page, { ...options, loginHint: 'alice', additionalParameters: { audience: 'api' } })
    expect(address).toEqual({ client_id: 'client', request_uri: expect.stringMatching(/^urn:/) })
    expect(page.seen('/par')).toEqual([
      expect.objectContaining({
        client_id: 'client',
        redirect_uri: redirectUri,
        scope: 'openid',
        login_hint: 'alice',
        audience: 'api',
        code_challenge_method: 'S256',
      }),
    ])
    await page.follow()
    expect(await handleRedirectCallback(page.tokens)).toMatchObject({ outcome: 'signed_in' })
  })

  test('P-202 is made anew for each sign-in, so that no request_uri is used twice', async () => {
    const page = fakePage({ requirePushedRequests: true, scope: 'openid' })
    const names = [(await ask(page)).request_uri, (await ask(page)).request_uri]
    expect(new Set(names).size).toBe(2)
    expect(page.seen('/par')).toHaveLength(2)
  })

  test.each([
    [
      'the server refuses it',
      answerAt('/par', () => Response.json({ error: 'invalid_request', error_description: 'no' }, { status: 400 })),
      { code: 'misconfigured', error: 'invalid_request', errorDescription: 'no', status: 400 },
    ],
    [
      'the server is busy',
      answerAt('/par', () => new Response('', { status: 503 })),
      { code: 'unavailable', status: 503 },
    ],
    [
      'the server refuses it with status 200',
      answerAt('/par', () => Response.json({ error: 'invalid_request' })),
      { code: 'misconfigured', error: 'invalid_request', status: 200 },
    ],
    ['the answer has no request_uri', changeJson('/par', (body) => delete body.request_uri), { code: 'unavailable' }],
    [
      'the server takes none',
      changeMetadata((metadata) => delete metadata.pushed_authorization_request_endpoint),
      { code: 'misconfigured' },
    ],
  ])('that fails, because %s, leaves the page where it is', async (_kind, intercept, error) => {
    expect(await refusal(fakePage({ intercept }), { usePushedRequest: true })).toMatchObject(error)
  })
})

test('a server that never answers a pushed request is waited for ten seconds, no longer', async () => {
  let isAsked = (): void => undefined
  const asked = new Promise<void>((resolve) => (isAsked = resolve))
  const page = fakePage({
    intercept(request, pass) {
      if (!request.url.endsWith('/par')) return pass(request)
      isAsked()
      return new Promise(() => undefined)
    },
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let outcome: unknown = 'waiting'
  const settle = (settled: unknown): void => void (outcome = settled)
  ask(page, { usePushedRequest: true }).then(settle, settle)
  await asked
  await vi.advanceTimersByTimeAsync(9900)
  expect(outcome).toBe('waiting')
  await vi.advanceTimersByTimeAsync(300)
  expect(outcome).toMatchObject({ name: 'EvergrantError', code: 'unavailable' })
  expect([page.sentTo, page.remembered]).toEqual([undefined, []])
})

test.each(['callback', 'javascript:alert(1)'])('a redirectUri such as %j is refused', async (redirectUri) => {
  expect(await refusal(fakePage(), { redirectUri })).toMatchObject(misconfigured)
})

describe('the way back into the application', () => {
  test.each([
    ['https://evil.example/'],
    ['//evil.example/'],
    ['/\\evil.example/'],
    ['\\\\evil.example/'],
    ['/\t/evil.example/'],
    ['javascript:alert(1)'],
    ['data:text/html,hello'],
    ['https://app.example.evil.example/'],
    ['http://app.example/'],
    ['https://app.example:8443/'],
    ['https://app.example@evil.example/'],
    ['https://['],
  ])('never leads to %j', async (returnTo) => {
    expect(await refusal(fakePage(), { returnTo })).toMatchObject(misconfigured)
  })

  test.each([
    [undefined, '/news?page=2#top'],
    ['/account?tab=1#name', '/account?tab=1#name'],
    ['account', '/account'],
    ['?page=3', '/news?page=3'],
    ['https://app.example/account', '/account'],
    ['https://app.example//evil.example/x', '/evil.example/x'],
    ['/.//evil.example/x', '/evil.example/x'],
    ['https://app.example/\\evil.example/x', '/evil.example/x'],
    ['https://app.example/a?next=//evil.example', '/a?next=//evil.example'],
  ])('from %j is %j', async (returnTo, path) => {
    const page = fakePage()
    await ask(page, { returnTo })
    await page.follow()
    expect(await handleRedirectCallback(page.tokens)).toEqual({ outcome: 'signed_in', returnTo: path })
  })
})

test('the page is not left while a renewal is under way, whose tokens would be lost with it', async () => {
  let answer = (): void => undefined
  const isAnswered = new Promise<void>((resolve) => (answer = resolve))
  const page = fakePage({
    rotation: 'strict',
    async intercept(request, pass) {
      const response = await pass(request)
      if (request.url.endsWith('/token')) await isAnswered
      return response
    },
  })
  await page.tokens.setTokens(await page.server.signIn(), { receivedAt: Date.now() - 60_000 })
  const renewing = page.tokens.renew()
  const leaving = ask(page)
  for (let turn = 0; turn < 50; turn++) await new Promise((next) => setImmediate(next))
  expect(page.sentTo).toBeUndefined()
  answer()
  await leaving
  const { accessToken } = await renewing
  await page.follow()
  expect(await page.tokens.getAccessToken()).toBe(accessToken)
})
