import { expect, test } from 'vitest'
import { adoptOidcClientTsSession } from '../../src/migration.js'
import { oldPage } from './old-page.js'

test('a session of oidc-client-ts is found in another storage, with another prefix and for the authority as it was given', async () => {
  const page = await oldPage('oidc-client-ts 3.5.0')
  const authority = `${page.server.issuer}/`
  const [[key = '', text = ''] = []] = [...page.sessionStorage.entries].filter(([key]) => key.startsWith('oidc.'))
  page.sessionStorage.removeItem(key)
  page.localStorage.entries.set(`app.user:${authority}:client`, text)
  const tokens = page.openTab()
  const storage = page.localStorage
  expect(await adoptOidcClientTsSession(tokens, { authority })).toBe('none')
  expect(await adoptOidcClientTsSession(tokens, { authority, storage })).toBe('none')
  expect(await adoptOidcClientTsSession(tokens, { authority, storage, prefix: 'app.' })).toBe('adopted')
  expect(page.server.inspect((await tokens.renew()).accessToken)?.subject).toBe('alice')
  expect([...storage.entries.keys()]).toEqual(['my-page'])
})
