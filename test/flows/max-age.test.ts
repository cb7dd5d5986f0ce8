import { handleRedirectCallback, signInWithRedirect } from 'evergrant/browser'
import { afterEach, expect, test, vi } from 'vitest'
import { fakePage, redirectUri } from './fake-page.js'
import type { Interception } from './watched-server.js'

afterEach(() => vi.unstubAllGlobals())

/** As CORS does, so that a page does not know the clock of the server. */
const hideDate: Interception = async (request, pass) => {
  const response = await pass(request)
  response.headers.delete('date')
  return response
}

/** What a sign-in comes to whose user has signed in at the server so many seconds ago, by the clock of the server. */
async function signedInAgo(seconds: number, maxAge: number | undefined, clockOffsetMs = 0): Promise<unknown> {
  const authorize = () => ({ subject: 'bob', authenticatedAt: Date.now() + clockOffsetMs - seconds * 1000 })
  const page = fakePage({ scope: 'openid', authorize, clockOffsetMs, intercept: hideDate })
  await signInWithRedirect(page.tokens, { redirectUri, maxAge })
  await page.follow()
  return handleRedirectCallback(page.tokens).catch((error: unknown) => error)
}

test('a sign-in longer ago than maxAge is not enough', async () => {
  expect(await signedInAgo(3600, 60)).toMatchObject({ code: 'login_required' })
})

test.each([[undefined], [7200]])('one an hour ago will do for a maxAge of %j', async (maxAge) => {
  expect(await signedInAgo(3600, maxAge)).toMatchObject({ outcome: 'signed_in' })
})

test.each([-1_800_000, 1_800_000])(
  'a clock that differs by %i ms from that of the server changes none of it',
  async (offset) => {
    expect(await signedInAgo(0, 60, offset)).toMatchObject({ outcome: 'signed_in' })
    expect(await signedInAgo(3600, 60, offset)).toMatchObject({ code: 'login_required' })
  },
)
