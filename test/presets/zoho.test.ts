import { clientSecretPost, createTokenManager } from 'evergrant'
import { zoho } from 'evergrant/presets'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from '../support/asking.js'

/** As Zoho Writer documents its answers. */
const ofWriter = {
  access_token: '1000.access',
  expires_in_sec: 3600,
  expires_in: 3_600_000,
  api_domain: 'https://writer.zoho.com',
  token_type: 'Bearer',
}

test.each([
  ['tells the lifetime in milliseconds beside the seconds', ofWriter],
  ['tells it in seconds alone', { ...ofWriter, expires_in_sec: undefined, expires_in: 3600 }],
])('Q-Zoho an access token lives for an hour where the answer %s', async (_, answer) => {
  const { mapResponse } = zoho()
  const { granted } = await ask(() => Response.json(answer), { mapResponse })
  expect(granted?.response).toMatchObject({ access_token: '1000.access', expires_in: 3600 })
})

test('Q-Zoho its answer stays the same when it was understood already', () => {
  const once = { ...ofWriter, ...zoho().mapResponse?.(ofWriter, 200) }
  expect({ ...once, ...zoho().mapResponse?.(once, 200) }).toEqual(once)
})

test('Q-Zoho a sign-out has the refresh token revoked at the data centre of the session', async () => {
  const revoked: [url: string, token: string | null][] = []
  const tokens = createTokenManager({
    ...zoho({ domain: 'zoho.eu' }),
    clientId: '1000.client',
    clientAuth: clientSecretPost('the secret'),
    autoRenew: false,
    async fetch(input, init) {
      const request = new Request(input, init)
      revoked.push([request.url, new URLSearchParams(await request.text()).get('token')])
      return Response.json({ status: 'success' })
    },
  })
  onTestFinished(() => tokens.dispose())
  await tokens.setTokens({ refresh_token: '1000.refresh' })
  await tokens.signOut()
  expect(revoked).toEqual([['https://accounts.zoho.eu/oauth/v2/token/revoke', '1000.refresh']])
})
