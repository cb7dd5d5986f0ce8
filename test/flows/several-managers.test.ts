import {
  createTokenManager,
  handleRedirectCallback,
  memoryStore,
  signInWithRedirect,
  signOutWithRedirect,
  type TokenManager,
} from 'evergrant/browser'
import { afterEach, expect, test, vi } from 'vitest'
import { fakePage, redirectUri, type FakePage } from './fake-page.js'
import { watchServer } from './watched-server.js'

afterEach(() => vi.unstubAllGlobals())

/** Another manager on the page: with a key of its own, or at a server of its own. */
function managerOn({ server, handle }: Pick<FakePage, 'server' | 'handle'>, key?: string): TokenManager {
  const { issuer } = server
  const fetch: typeof globalThis.fetch = (input, init) => handle(new Request(input, init))
  return createTokenManager({ issuer, clientId: 'client', key, store: memoryStore(), autoRenew: false, fetch })
}

test('of two managers with one client, that one gets the tokens which the user was sent away for', async () => {
  const page = fakePage()
  const bills = managerOn(page, 'bills')
  await signInWithRedirect(bills, { redirectUri, returnTo: '/bills' })
  await page.follow()
  expect(await handleRedirectCallback(page.tokens)).toEqual({ outcome: 'none', returnTo: '/' })
  expect(page.address).toBe(redirectUri)
  expect(await handleRedirectCallback(bills)).toEqual({ outcome: 'signed_in', returnTo: '/bills' })
  expect(bills.getSnapshot().status).toBe('active')
  await expect(page.tokens.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
  expect(await handleRedirectCallback(bills)).toMatchObject({ outcome: 'none' })
})

test('of two managers at two servers, too', async () => {
  const page = fakePage()
  const other = managerOn(watchServer({ issuer: 'https://other.example' }))
  await signInWithRedirect(page.tokens, { redirectUri })
  await page.follow()
  expect(await handleRedirectCallback(other)).toMatchObject({ outcome: 'none' })
  expect(await handleRedirectCallback(page.tokens)).toMatchObject({ outcome: 'signed_in' })
})

test('who asks twice to be signed out, as by a double click, is sent to the server once, and known there', async () => {
  const page = fakePage({ scope: 'openid offline_access' })
  await page.tokens.setTokens(await page.server.signIn({ scope: 'openid offline_access' }))
  const assigned = vi.spyOn(location, 'assign')
  await Promise.all([signOutWithRedirect(page.tokens), signOutWithRedirect(page.tokens)])
  expect(assigned).toHaveBeenCalledTimes(1)
  expect(page.sentTo?.searchParams.get('id_token_hint')).toMatch(/\./)
})
