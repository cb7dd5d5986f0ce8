import { expect, test } from 'vitest'
import { adoptOktaAuthJsSession } from '../../src/migration.js'
import { oldPage } from './old-page.js'

const library = '@okta/okta-auth-js 8.0.1'
const key = 'okta-token-storage'

type Edit = (tokens: Record<string, Record<string, unknown>>) => Record<string, unknown>

/** A page whose stored tokens somebody has changed. */
async function editedPage(edit: Edit) {
  const page = await oldPage(library)
  const { entries } = page.localStorage
  entries.set(key, JSON.stringify(edit(JSON.parse(entries.get(key) ?? '{}'))))
  return page
}

test('a session of okta-auth-js is found under another key, in another storage, under names of the application', async () => {
  const page = await editedPage(({ accessToken, idToken, refreshToken }) => ({
    a: accessToken,
    b: idToken,
    c: refreshToken,
  }))
  const { entries } = page.sessionStorage
  entries.set('mine', page.localStorage.entries.get(key) ?? '')
  page.localStorage.entries.delete(key)
  const tokens = page.openTab()
  const options = { storage: page.sessionStorage, storageKey: 'mine' }
  expect(await adoptOktaAuthJsSession(tokens)).toBe('none')
  expect(await adoptOktaAuthJsSession(tokens, options)).toBe('adopted')
  expect(await tokens.getTokens()).toMatchObject({ accessToken: page.answer.access_token, identity: { sub: 'alice' } })
  expect(page.server.inspect((await tokens.renew()).accessToken)?.subject).toBe('alice')
  expect([...entries.keys()]).toEqual(['my-page'])
})

test('a refresh token is enough, as it is all that okta-auth-js keeps when a renewal has failed', async () => {
  const page = await editedPage(({ refreshToken }) => ({ refreshToken }))
  const tokens = page.openTab()
  expect(await adoptOktaAuthJsSession(tokens)).toBe('adopted')
  expect(tokens.getSnapshot()).toMatchObject({ status: 'active', scope: 'openid offline_access' })
  expect(page.server.inspect(await tokens.getAccessToken())?.subject).toBe('alice')
})

test('a session of okta-auth-js that was signed out does not come back', async () => {
  const page = await editedPage((tokens) =>
    Object.fromEntries(Object.entries(tokens).map(([name, token]) => [name, { ...token, pendingRemove: true }])),
  )
  expect(await adoptOktaAuthJsSession(page.openTab())).toBe('none')
})

test('a refresh token of okta-auth-js that is bound to a key stays where it is', async () => {
  const page = await editedPage(({ refreshToken }) => ({ refreshToken: { ...refreshToken, dpopPairId: '1' } }))
  expect(await adoptOktaAuthJsSession(page.openTab())).toBe('unusable')
  expect(page.localStorage.getItem(key)).not.toBeNull()
})

test('without an ID token, a refresh token of okta-auth-js that is of another server stays where it is and is not sent', async () => {
  const page = await editedPage(({ refreshToken }) => ({
    refreshToken: { ...refreshToken, issuer: 'https://other.example/oauth2/default' },
  }))
  const before = page.entries()
  const tokens = page.openTab()
  expect(await adoptOktaAuthJsSession(tokens)).toBe('unusable')
  expect(page.entries()).toEqual(before)
  await expect(tokens.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
  expect(page.server.tokenRequests).toBe(0)
})

test.each([
  ['spelt in another way', (issuer: string) => `${issuer}/`],
  ['not known', () => undefined],
])('without an ID token, a refresh token of okta-auth-js goes on although its server is %s', async (_how, spell) => {
  const page = await editedPage(({ refreshToken }) => ({
    refreshToken: { ...refreshToken, issuer: spell(String(refreshToken?.issuer)) },
  }))
  const tokens = page.openTab()
  expect(await adoptOktaAuthJsSession(tokens)).toBe('adopted')
  expect(page.server.inspect(await tokens.getAccessToken())?.subject).toBe('alice')
})

test('while the server of a refresh token of okta-auth-js does not answer, it stays where it is for the next start', async () => {
  const page = await editedPage(({ refreshToken }) => ({ refreshToken }))
  const before = page.entries()
  const offline = page.openTab({ fetch: () => Promise.reject(new TypeError('no network')) })
  expect(await adoptOktaAuthJsSession(offline)).toBe('unusable')
  expect(page.entries()).toEqual(before)
  expect(await adoptOktaAuthJsSession(page.openTab())).toBe('adopted')
})

test('a session of okta-auth-js does not come back when another tab has signed it out while its server was asked for', async () => {
  const page = await editedPage(({ refreshToken }) => ({ refreshToken }))
  const first = page.openTab()
  const late = page.openTab({
    async fetch(input, init) {
      await adoptOktaAuthJsSession(first)
      await first.signOut()
      return page.server.handle(new Request(input, init))
    },
  })
  expect(await adoptOktaAuthJsSession(late)).toBe('none')
  await expect(late.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
})

test('with an ID token, a session of okta-auth-js is taken over without a request', async () => {
  const page = await oldPage(library)
  const fetch = () => Promise.reject(new TypeError('no network'))
  expect(await adoptOktaAuthJsSession(page.openTab({ fetch }))).toBe('adopted')
})
