import { handleRedirectCallback, signInWithRedirect } from 'evergrant/browser'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { fakePage, redirectUri, type FakePage } from './fake-page.js'
import { changeAnswer, type WatchedServerOptions } from './watched-server.js'

afterEach(() => vi.unstubAllGlobals())

/** A page to which its user has come back from the server. */
async function callbackPage(options: WatchedServerOptions = {}): Promise<FakePage> {
  const page = fakePage(options)
  await signInWithRedirect(page.tokens, { redirectUri, returnTo: '/news' })
  await page.follow()
  return page
}

test('two calls at once, as of an effect that a development mode runs twice, are one', async () => {
  const page = await callbackPage()
  const outcomes = await Promise.all([handleRedirectCallback(page.tokens), handleRedirectCallback(page.tokens)])
  expect(outcomes).toEqual(Array(2).fill({ outcome: 'signed_in', returnTo: '/news' }))
  expect(page.seen('/token')).toHaveLength(1)
})

test.each([
  ['session_state', {}],
  ['error_uri', { authorize: () => ({ error: 'access_denied' }) }],
])('a %s of the server goes out of the address too', async (name, options: WatchedServerOptions) => {
  const page = await callbackPage({ ...options, intercept: changeAnswer((answer) => answer.set(name, 'x')) })
  expect(page.address).toContain(name)
  await handleRedirectCallback(page.tokens).catch(() => undefined)
  expect(page.address).toBe(redirectUri)
})

test('the address is clean before anything else is done', async () => {
  const addresses: string[] = []
  const page = await callbackPage({
    intercept(request, pass) {
      addresses.push(location.href)
      return pass(request)
    },
  })
  addresses.length = 0
  const { getItem } = sessionStorage
  vi.spyOn(sessionStorage, 'getItem').mockImplementation((name) => {
    addresses.push(location.href)
    return getItem(name)
  })
  expect(await handleRedirectCallback(page.tokens)).toMatchObject({ outcome: 'signed_in' })
  expect(new Set(addresses)).toEqual(new Set([redirectUri]))
  expect(addresses.length).toBeGreaterThan(1)
})

test('what a router keeps in the state of the history stays there', async () => {
  const page = await callbackPage()
  Object.assign(history, { state: { key: 'of the router' } })
  const replaced = vi.spyOn(history, 'replaceState')
  await handleRedirectCallback(page.tokens)
  expect(replaced.mock.calls.map(([state]) => state as unknown)).toEqual([{ key: 'of the router' }])
})

test('the lifetime of the first token counts from when the code was sent, however slow the answer is', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const page = await callbackPage({
    accessTokenSeconds: 600,
    async intercept(request, pass) {
      const response = await pass(request)
      if (request.url.endsWith('/token')) vi.setSystemTime(Date.now() + 8000)
      return response
    },
  })
  const sentAt = Date.now()
  await handleRedirectCallback(page.tokens)
  expect(page.tokens.getSnapshot()).toMatchObject({ status: 'active', expiresAt: sentAt + 600_000 })
})
