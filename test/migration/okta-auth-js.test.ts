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
