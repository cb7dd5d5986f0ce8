import {
  createTokenManager,
  handleRedirectCallback,
  memoryStore,
  signInWithRedirect,
  webStorageStore,
  type ServerMetadata,
  type SignInOptions,
  type TokenManager,
} from 'evergrant/browser'
import { commonFaults, DroppedConnection } from 'evergrant/testing'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { fakePage, redirectUri, type FakePage } from './fake-page.js'
import { answerAt, changeAnswer, changeJson, changeRequest, type WatchedServerOptions } from './watched-server.js'

afterEach(() => vi.unstubAllGlobals())

/** Sends the user of a page to the server, and lets them come back. */
async function comeBack(page: FakePage, options: Partial<SignInOptions> = {}): Promise<void> {
  await signInWithRedirect(page.tokens, { redirectUri, returnTo: '/news', ...options })
  await page.follow()
}

/** The address of the page without what was added to it. */
const clean = redirectUri

/**
 * What a sign-in fails with, on a page where alice is signed in. She still is after that, with the same token, and the
 * address is as clean as after a success.
 */
async function failure(options: WatchedServerOptions, asked: Partial<SignInOptions> = {}): Promise<unknown> {
  const page = fakePage({ scope: 'openid offline_access', ...options })
  await page.tokens.setTokens(await page.server.signIn({ subject: 'alice' }))
  const before = await page.tokens.getAccessToken()
  await comeBack(page, asked)
  const error: unknown = await handleRedirectCallback(page.tokens).catch((error: unknown) => error)
  expect(error).toMatchObject({ name: 'EvergrantError' })
  expect(page.address).toBe(clean)
  expect(page.remembered).toEqual([])
  expect(await page.tokens.getAccessToken()).toBe(before)
  expect(await handleRedirectCallback(page.tokens)).toMatchObject({ outcome: 'none' })
  return Object.assign(error as object, { codesSent: page.seen('/token').length })
}

describe('a server that does not sign the user in', () => {
  test.each([
    ['access_denied', 'denied'],
    ['login_required', 'login_required'],
    ['interaction_required', 'login_required'],
    ['consent_required', 'login_required'],
    ['account_selection_required', 'login_required'],
    ['server_error', 'unavailable'],
    ['temporarily_unavailable', 'unavailable'],
    ['invalid_scope', 'misconfigured'],
    ['unauthorized_client', 'misconfigured'],
  ])('and says %s gives an error of code %s with its own words', async (error, code) => {
    const authorize = () => ({ error, errorDescription: 'Not today.' })
    expect(await failure({ authorize }, { prompt: 'none' })).toMatchObject({
      code,
      error,
      errorDescription: 'Not today.',
      codesSent: 0,
    })
  })

  test('gives an error even when a code comes along', async () => {
    const intercept = changeAnswer((answer) => answer.set('error', 'access_denied'))
    expect(await failure({ intercept })).toMatchObject({ code: 'denied', codesSent: 0 })
  })

  test('and sends neither a code nor an error is misconfigured', async () => {
    const intercept = changeAnswer((answer) => answer.delete('code'))
    expect(await failure({ intercept })).toMatchObject({ code: 'misconfigured', codesSent: 0 })
  })

  test('cannot make an error hold what may be a token', async () => {
    const secret = 'eyJhbGciOiJIUzI1NiJ9eyJzdWIiOiIxIn0'
    const authorize = () => ({ error: 'access_denied', errorDescription: `The token ${secret} is bad.` })
    expect(JSON.stringify(await failure({ authorize }))).not.toContain(secret)
  })
})

describe('P-201 an answer that names its issuer (RFC 9207)', () => {
  test.each([
    ['as another one', changeAnswer((answer) => answer.set('iss', 'https://evil.example'))],
    ['not at all, though the server said it would', changeAnswer((answer) => answer.delete('iss'))],
  ])('%s is misconfigured, and its code goes nowhere', async (_kind, intercept) => {
    expect(await failure({ intercept })).toMatchObject({ code: 'misconfigured', codesSent: 0 })
  })

  test('is judged before the error that it brings', async () => {
    const intercept = changeAnswer((answer) => answer.set('iss', 'https://evil.example'))
    const authorize = () => ({ error: 'access_denied' })
    expect(await failure({ intercept, authorize })).toMatchObject({ code: 'misconfigured' })
  })

  test('need not do so where the server never said it would', async () => {
    const page = fakePage({ sendsIssuer: false })
    await comeBack(page)
    expect(await handleRedirectCallback(page.tokens)).toMatchObject({ outcome: 'signed_in' })
  })

  test('is judged all the same where the server never said it would', async () => {
    const intercept = changeAnswer((answer) => answer.set('iss', 'https://evil.example'))
    expect(await failure({ intercept, sendsIssuer: false })).toMatchObject({ code: 'misconfigured', codesSent: 0 })
  })
})

describe('an ID token', () => {
  test.each([
    ['of another sign-in', changeRequest((asked) => asked.set('nonce', 'of another sign-in'))],
    ['without a nonce', changeRequest((asked) => asked.delete('nonce'))],
    ['that is none', changeJson('/token', (body) => (body.id_token = 'x.y.z'))],
  ])('%s signs nobody in', async (_kind, intercept) => {
    expect(await failure({ intercept })).toMatchObject({ code: 'misconfigured', codesSent: 1 })
  })
})

describe('a code that brings no tokens', () => {
  test.each([
    [
      'because it is refused',
      answerAt('/token', () => Response.json({ error: 'invalid_grant' }, { status: 400 })),
      { code: 'login_required', error: 'invalid_grant', status: 400 },
    ],
    ['because the server is busy', { fault: commonFaults.unavailable(7) }, { code: 'unavailable', status: 503 }],
    ['because no answer comes', { fault: { type: 'drop-response' } as const }, { code: 'unavailable' }],
    ['because a hotel answers', { fault: commonFaults.captivePortal() }, { code: 'unavailable' }],
  ])('%s, signs nobody in and is not sent again', async (_kind, how, error) => {
    const options = typeof how === 'function' ? { intercept: how } : { fault: () => how.fault }
    expect(await failure(options)).toMatchObject({ ...error, codesSent: 1 })
  })

  test('is not sent where the endpoint of the server cannot be found out', async () => {
    let isDown = false
    const page = fakePage({
      intercept: (request, pass) => (isDown ? Promise.reject(new DroppedConnection()) : pass(request)),
    })
    await comeBack(page)
    isDown = true
    await expect(handleRedirectCallback(page.tokens)).rejects.toMatchObject({ code: 'unavailable' })
    expect(page.seen('/token')).toEqual([])
  })
})

describe('an answer that this tab did not ask for', () => {
  test('changes nothing, and the one that it did ask for still counts', async () => {
    const page = fakePage()
    await comeBack(page)
    const answer = page.address
    page.open(answer.replace(/state=[^&]+/, 'state=wrong'))
    expect(await handleRedirectCallback(page.tokens)).toEqual({ outcome: 'none', returnTo: '/' })
    expect(page.address).toBe(clean)
    await expect(page.tokens.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
    expect(page.seen('/token')).toEqual([])

    page.open(answer)
    expect(await handleRedirectCallback(page.tokens)).toEqual({ outcome: 'signed_in', returnTo: '/news' })
    page.open(answer)
    expect(await handleRedirectCallback(page.tokens)).toEqual({ outcome: 'none', returnTo: '/' })
    expect(page.seen('/token')).toHaveLength(1)
  })

  test.each([[''], ['?'], ['?state='], ['?code=x'], ['?error=access_denied']])('such as %j is none', async (query) => {
    const page = fakePage()
    page.open(redirectUri + query)
    expect(await handleRedirectCallback(page.tokens)).toEqual({ outcome: 'none', returnTo: '/' })
    expect(page.address).toBe(clean)
  })

  test('does not harm the parameters of the application', async () => {
    const page = fakePage()
    await comeBack(page, { redirectUri: `${redirectUri}?tenant=a%20b&lang=de` })
    page.open(`${page.address}#part`)
    await handleRedirectCallback(page.tokens)
    const { searchParams, hash } = new URL(page.address)
    expect([...searchParams]).toEqual([
      ['tenant', 'a b'],
      ['lang', 'de'],
    ])
    expect(hash).toBe('#part')
  })
})

describe('the session that a sign-in brings', () => {
  test('has the scope that was asked for when the server does not say otherwise', async () => {
    const intercept = changeJson('/token', (body) => delete body.scope)
    const page = fakePage({ intercept, scope: 'openid' })
    await comeBack(page, { scope: 'openid write' })
    await handleRedirectCallback(page.tokens)
    expect(page.tokens.getSnapshot()).toMatchObject({ status: 'active', scope: 'openid write' })
  })

  test.each([
    ['F-105 warns once when it cannot be renewed although that was asked for', false, ['no_refresh_token']],
    ['warns of nothing when it can be renewed', true, []],
  ])('%s', async (_kind, offlineAccess, expected) => {
    const page = fakePage({ offlineAccess, scope: 'openid offline_access' })
    const warnings: string[] = []
    await comeBack(page)
    page.tokens.on('warning', ({ warning }) => warnings.push(warning))
    await handleRedirectCallback(page.tokens)
    await page.tokens.getAccessToken()
    expect(warnings).toEqual(expected)
  })
})

describe('a page with two managers', () => {
  const metadataOf = (issuer: string): ServerMetadata => ({ issuer, token_endpoint: `${issuer}/token` })

  /** The other manager of a page on which a sign-in is under way, and what it posts. */
  function another(metadata: ServerMetadata, clientId: string): { tokens: TokenManager; posted: unknown[] } {
    const posted: unknown[] = []
    const fetch = (input: unknown): Promise<Response> => {
      posted.push(input)
      return Promise.resolve(Response.json({ access_token: 'x' }))
    }
    const tokens = createTokenManager({ metadata, clientId, store: memoryStore(), autoRenew: false, fetch })
    return { tokens, posted }
  }

  test.each([
    ['the same server', (page: FakePage) => page.server.issuer],
    ['another server', () => 'https://b.example'],
  ])('leaves a sign-in to the one that began it, and not to that of another client of %s', async (_kind, issuerOf) => {
    const page = fakePage({ sendsIssuer: false })
    await comeBack(page)
    const answer = page.address
    const other = another(metadataOf(issuerOf(page)), 'other-client')
    expect(await handleRedirectCallback(other.tokens)).toEqual({ outcome: 'none', returnTo: '/' })
    expect(other.posted).toEqual([])
    page.open(answer)
    expect(await handleRedirectCallback(page.tokens)).toEqual({ outcome: 'signed_in', returnTo: '/news' })
  })

  test('sends no code to another server than the one it was asked of, where the client has the same name', async () => {
    const page = fakePage({ sendsIssuer: false })
    await comeBack(page)
    const other = another(metadataOf('https://b.example'), 'client')
    expect(await handleRedirectCallback(other.tokens)).toMatchObject({ outcome: 'none' })
    expect([...other.posted, ...page.seen('/token')]).toEqual([])
  })
})

test('a link with a state like the name of a stored session does not erase that session', async () => {
  const page = fakePage()
  vi.stubGlobal('navigator', {})
  vi.stubGlobal('addEventListener', () => undefined)
  const metadata = { issuer: page.server.issuer, token_endpoint: `${page.server.issuer}/token` }
  const store = webStorageStore(sessionStorage)
  const tokens = createTokenManager({ metadata, clientId: 'client', store, autoRenew: false })
  await tokens.setTokens({ access_token: 'a', expires_in: 3600 })
  const { remembered } = page
  expect(remembered).toHaveLength(1)
  const words = remembered.join().split(' ')
  for (const start of words.keys()) {
    page.open(`${redirectUri}?state=${encodeURIComponent(words.slice(start).join(' '))}`)
    expect(await handleRedirectCallback(tokens)).toMatchObject({ outcome: 'none' })
  }
  expect(page.remembered).toEqual(remembered)
})

test('a server that never answers is waited for ten seconds, no longer', async () => {
  let isAsked = (): void => undefined
  const asked = new Promise<void>((resolve) => (isAsked = resolve))
  const page = fakePage({
    intercept(request, pass) {
      if (!request.url.endsWith('/token')) return pass(request)
      isAsked()
      return new Promise(() => undefined)
    },
  })
  await comeBack(page)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let outcome: unknown = 'waiting'
  const settle = (settled: unknown): void => void (outcome = settled)
  handleRedirectCallback(page.tokens).then(settle, settle)
  await asked
  await vi.advanceTimersByTimeAsync(9900)
  expect(outcome).toBe('waiting')
  await vi.advanceTimersByTimeAsync(300)
  expect(outcome).toMatchObject({ name: 'EvergrantError', code: 'unavailable', returnTo: '/news' })
})
