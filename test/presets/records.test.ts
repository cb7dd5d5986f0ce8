import { createTokenManager, memoryStore, type TokenManager } from 'evergrant'
import { entra, slack, type ServerPreset } from 'evergrant/presets'
import { expect, onTestFinished, test } from 'vitest'
import { idTokenCheck } from '../../src/oauth/id-token.js'
import { idToken } from '../support/id-tokens.js'

const issuerOf = ({ metadata }: ServerPreset) => metadata?.issuer

/** Managers of one client in one place, which differ in nothing but the preset. */
function managersOf(...presets: readonly ServerPreset[]): TokenManager[] {
  const store = memoryStore()
  return presets.map((preset) => {
    const tokens = createTokenManager({ ...preset, clientId: 'client', store, autoRenew: false })
    onTestFinished(() => tokens.dispose())
    return tokens
  })
}

/** What each of them gives, once all have been given a session. */
async function afterSigningInAll(managers: readonly TokenManager[]): Promise<string[]> {
  for (const [index, tokens] of managers.entries()) await tokens.setTokens({ access_token: `access-${index}` })
  return Promise.all(managers.map((tokens) => tokens.getAccessToken()))
}

test('the bot and the user of Slack have sessions of their own in one store', async () => {
  const managers = managersOf(slack(), slack({ tokens: 'user' }))
  expect(await afterSigningInAll(managers)).toEqual(['access-0', 'access-1'])
})

test('each directory of Entra ID has a session of its own in one store', async () => {
  const tenants = ['contoso.com', 'fabrikam.com', 'common', 'organizations', 'consumers']
  const managers = managersOf(...tenants.map((tenant) => entra({ tenant, scope: 'openid' })))
  expect(await afterSigningInAll(managers)).toEqual(tenants.map((_, index) => `access-${index}`))
})

test('a directory of Entra ID is the same however its domain is spelt', () => {
  const of = (tenant: string) => issuerOf(entra({ tenant, scope: 'openid' }))
  expect(of('Contoso.com')).toBe('https://login.microsoftonline.com/{contoso.com}/v2.0')
  expect(of('contoso.com')).toBe(of('Contoso.com'))
  expect(of('a}/b c')).toBe('https://login.microsoftonline.com/{a%7D%2Fb%20c}/v2.0')
})

test.each([
  ['the metadata of Entra ID themselves', 'https://login.microsoftonline.com/{tenantid}/v2.0'],
  ['the preset', issuerOf(entra({ tenant: 'contoso.com', scope: 'openid' }))],
])('the issuer that is a pattern in %s takes the ID tokens of any directory, and of no other place', (_, issuer) => {
  const tid = '8f3c6a52-0000-4000-8000-000000000000'
  const iss = `https://login.microsoftonline.com/${tid}/v2.0`
  const judge = (claims: object) =>
    idTokenCheck(issuer, 'client')(idToken({ iss, ...claims }), undefined, Date.UTC(2026, 0, 1))
  expect(judge({ tid })).toMatchObject({ identity: { iss } })
  expect(judge({ tid: 'another' })).toMatchObject({ someoneElse: true })
  expect(judge({ tid, iss: 'https://evil.example/' })).toMatchObject({ someoneElse: true })
})
