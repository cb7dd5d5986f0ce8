import { expect, test } from 'vitest'
import { adoptAuth0SpaJsSession } from '../../src/migration.js'
import { oldPage, type OldPage } from './old-page.js'

const ofClient = '@@auth0spajs@@::client::'
const idTokenKey = `${ofClient}@@user@@`

/** Stores another entry, as the library does for each audience and scope. */
function store({ localStorage }: OldPage, key: string, body: object, secondsLeft = 600): void {
  const expiresAt = Math.round(Date.now() / 1000 + secondsLeft)
  localStorage.entries.set(key, JSON.stringify({ body, expiresAt }))
}

const keysOf = ({ localStorage }: OldPage): string[] =>
  [...localStorage.entries.keys()].filter((key) => key.startsWith('@@auth0spajs@@')).sort()

test('an audience of auth0-spa-js is taken over by itself, and the ID token goes with the last of them', async () => {
  const page = await oldPage('@auth0/auth0-spa-js 2.28.3')
  const audience = 'https://api.example::v1'
  const ofAudience = `${ofClient}${audience}::openid offline_access`
  store(page, ofAudience, { access_token: 'of-audience', refresh_token: 'refresh', token_type: 'Bearer', audience })
  const ofAnotherClient = '@@auth0spajs@@::client2::default::openid'
  store(page, ofAnotherClient, { access_token: 'of-another-client' })
  const [first, second] = [page.openTab(), page.openTab({ key: 'of the default audience' })]

  expect(await adoptAuth0SpaJsSession(first, { audience })).toBe('adopted')
  expect(await first.getAccessToken()).toBe('of-audience')
  expect(keysOf(page)).toEqual(
    [idTokenKey, `${ofClient}default::openid profile email offline_access`, ofAnotherClient].sort(),
  )

  expect(await adoptAuth0SpaJsSession(second)).toBe('adopted')
  expect(await second.getTokens()).toMatchObject({ accessToken: page.answer.access_token, identity: { sub: 'alice' } })
  expect(keysOf(page)).toEqual([ofAnotherClient])
})

test('audiences that share one refresh token, as with useMrrt, come to one session', async () => {
  const page = await oldPage('@auth0/auth0-spa-js 2.28.3')
  const { refresh_token } = page.answer
  const audience = 'https://bills.example'
  store(page, `${ofClient}${audience}::openid offline_access`, { access_token: 'of-bills', refresh_token, audience })
  const [first, second] = [page.openTab(), page.openTab({ key: 'bills' })]
  expect(await adoptAuth0SpaJsSession(first)).toBe('adopted')
  expect(await adoptAuth0SpaJsSession(second, { audience })).toBe('none')
  expect(keysOf(page)).toEqual([])
  await first.renew()
  expect(page.server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
})

test('of several entries for one audience that with a refresh token counts, and the newest of these', async () => {
  const page = await oldPage('@auth0/auth0-spa-js 2.28.3')
  store(page, `${ofClient}default::openid`, { access_token: 'without refresh token' }, 9000)
  store(page, `${ofClient}default::openid b`, { access_token: 'newest', refresh_token: 'newest-refresh' }, 800)
  store(page, `${ofClient}default::openid c`, { access_token: 'older', refresh_token: 'older-refresh' }, 700)
  const tokens = page.openTab()
  expect(await adoptAuth0SpaJsSession(tokens)).toBe('adopted')
  expect(await tokens.getAccessToken()).toBe('newest')
  expect(keysOf(page)).toEqual([])
})

test('what auth0-spa-js leaves of an entry when its access token has expired is enough', async () => {
  const page = await oldPage('@auth0/auth0-spa-js 2.28.3')
  const { refresh_token } = page.answer
  const key = `${ofClient}default::openid profile email offline_access`
  store(page, key, { refresh_token, audience: 'default', scope: 'openid profile email offline_access' }, -600)
  const tokens = page.openTab()
  expect(await adoptAuth0SpaJsSession(tokens)).toBe('adopted')
  expect(page.server.inspect(await tokens.getAccessToken())?.subject).toBe('alice')
})

test('an entry of auth0-spa-js that is damaged does not keep another one from being taken over', async () => {
  const page = await oldPage('@auth0/auth0-spa-js 2.28.3', { refresh_token: '' })
  store(page, `${ofClient}default::openid email`, {}, 9000)
  page.localStorage.entries.set(`${ofClient}default::openid`, '{"body":')
  const tokens = page.openTab()
  expect(await adoptAuth0SpaJsSession(tokens)).toBe('adopted')
  expect(await tokens.getAccessToken()).toBe(page.answer.access_token)
  expect(keysOf(page)).toEqual([])
})
