import { handleRedirectCallback, signInWithRedirect, signOutWithRedirect, type SignOutOptions } from 'evergrant/browser'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { fakePage, redirectUri, type FakePage } from './fake-page.js'
import { answerAt, changeMetadata, type Interception, type WatchedServerOptions } from './watched-server.js'

afterEach(() => vi.unstubAllGlobals())

const postLogoutRedirectUri = 'https://app.example/bye'
const withoutLogout = changeMetadata((metadata) => delete metadata.end_session_endpoint)

/** A page on which alice has signed in by redirect. */
async function signedIn(options: WatchedServerOptions = {}): Promise<FakePage> {
  const page = fakePage({ scope: 'openid offline_access', ...options })
  await signInWithRedirect(page.tokens, { redirectUri })
  await page.follow()
  await handleRedirectCallback(page.tokens)
  return page
}

/** Nobody is signed in any more, and what the tokens were worth is gone. */
async function expectSignedOut(page: FakePage, accessToken: string): Promise<void> {
  expect(page.tokens.getSnapshot().status).toBe('signed_out')
  await expect(page.tokens.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
  expect(page.server.inspect(accessToken)?.isUsable).toBe(false)
}

async function signOut(page: FakePage, options: SignOutOptions = { postLogoutRedirectUri }): Promise<void> {
  const accessToken = await page.tokens.getAccessToken()
  await signOutWithRedirect(page.tokens, options)
  await expectSignedOut(page, accessToken)
}

describe('a sign-out with redirect', () => {
  test('P-177 P-178 F-065 tells the server who signs out, and comes back once', async () => {
    const page = await signedIn()
    const { idToken } = await page.tokens.getTokens()
    await signOut(page, {
      postLogoutRedirectUri,
      returnTo: '/start?from=bye#top',
      additionalParameters: { ui_locales: 'de' },
    })
    expect(page.sentTo?.pathname).toBe('/logout')
    expect(Object.fromEntries(page.sentTo?.searchParams ?? [])).toEqual({
      id_token_hint: idToken,
      client_id: 'client',
      post_logout_redirect_uri: postLogoutRedirectUri,
      state: expect.stringMatching(/^[\w-]{20,}$/),
      ui_locales: 'de',
    })
    await page.follow()
    expect(page.server.logouts).toMatchObject([{ clientId: 'client', hasValidHint: true }])
    const answer = page.address
    expect(await handleRedirectCallback(page.tokens)).toEqual({
      outcome: 'signed_out',
      returnTo: '/start?from=bye#top',
    })
    expect(page.address).toBe(postLogoutRedirectUri)
    page.open(answer)
    expect(await handleRedirectCallback(page.tokens)).toEqual({ outcome: 'none', returnTo: '/' })
  })

  test('P-177 is over for a state that this tab does not know, and for none', async () => {
    const page = await signedIn()
    await signOut(page)
    for (const query of ['?state=wrong', '']) {
      page.open(postLogoutRedirectUri + query)
      expect(await handleRedirectCallback(page.tokens)).toEqual({ outcome: 'none', returnTo: '/' })
    }
    await page.follow()
    expect(await handleRedirectCallback(page.tokens)).toEqual({ outcome: 'signed_out', returnTo: '/' })
  })

  test('leaves the user at the server when the application names no way back', async () => {
    const page = await signedIn()
    await signOut(page, {})
    expect(Object.keys(Object.fromEntries(page.sentTo?.searchParams ?? [])).sort()).toEqual([
      'client_id',
      'id_token_hint',
      'state',
    ])
  })

  test.each([
    ['goes to the way back at once', { postLogoutRedirectUri, returnTo: '/start' }, 'signed_out'],
    ['stays, where there is no way back', {}, undefined],
  ])('at a server that has none %s', async (_kind, options, outcome) => {
    const page = await signedIn({ intercept: withoutLogout })
    await signOut(page, options)
    if (outcome === undefined) return expect(page.sentTo).toBeUndefined()
    expect(page.sentTo?.href).toMatch(/^https:\/\/app\.example\/bye\?state=[\w-]+$/)
    page.open(String(page.sentTo))
    expect(await handleRedirectCallback(page.tokens)).toEqual({ outcome, returnTo: '/start' })
  })

  test('of nobody leads to the server all the same: somebody may be signed in there', async () => {
    const page = fakePage()
    await signOutWithRedirect(page.tokens, { postLogoutRedirectUri })
    expect([...(page.sentTo?.searchParams.keys() ?? [])].sort()).toEqual([
      'client_id',
      'post_logout_redirect_uri',
      'state',
    ])
  })

  test('leads to the server also where sessionStorage cannot be written', async () => {
    const page = await signedIn()
    vi.spyOn(sessionStorage, 'setItem').mockImplementation(() => {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
    })
    await signOut(page)
    expect(page.sentTo?.pathname).toBe('/logout')
  })

  test('is complete here when the metadata of the server cannot be had', async () => {
    const intercept: Interception = answerAt('/.well-known', () => new Response('', { status: 503 }))
    const page = fakePage({ intercept })
    await page.tokens.setTokens(await page.server.signIn())
    await expect(signOutWithRedirect(page.tokens, { postLogoutRedirectUri })).rejects.toMatchObject({
      code: 'unavailable',
    })
    expect(page.tokens.getSnapshot().status).toBe('signed_out')
    expect(page.sentTo).toBeUndefined()
    page.tokens.dispose()
  })

  test('does not send the ID token over plain http, though the user is signed out here', async () => {
    const page = await signedIn({
      intercept: changeMetadata((metadata) => (metadata.end_session_endpoint = 'http://as.example/logout')),
    })
    const accessToken = await page.tokens.getAccessToken()
    await expect(signOutWithRedirect(page.tokens, { postLogoutRedirectUri })).rejects.toMatchObject({
      code: 'misconfigured',
    })
    await expectSignedOut(page, accessToken)
    expect(page.sentTo).toBeUndefined()
  })

  test.each<[string, SignOutOptions]>([
    ['returnTo leads to another origin', { returnTo: '//evil.example' }],
    ['postLogoutRedirectUri is neither a path nor a URL', { postLogoutRedirectUri: 'callback' }],
    ['postLogoutRedirectUri is a script', { postLogoutRedirectUri: 'javascript:alert(1)' }],
    ...['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state'].map((name): [string, SignOutOptions] => [
      `the additional parameters hold ${name}`,
      { additionalParameters: { [name]: 'mine' } },
    ]),
  ])('does not begin when %s', async (_kind, options) => {
    const page = await signedIn()
    await expect(signOutWithRedirect(page.tokens, options)).rejects.toMatchObject({ code: 'misconfigured' })
    expect(page.tokens.getSnapshot().status).toBe('active')
    expect(page.sentTo).toBeUndefined()
    expect(page.server.revocations).toEqual([])
  })
})
