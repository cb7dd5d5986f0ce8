import { expect, test } from 'vitest'
import { clientSecretBasic, clientSecretPost } from '../../src/oauth/client-authentication.js'
import { answering, manage } from '../support/managed.js'

const tokens = (count: number) => ({
  access_token: `access-${count}`,
  refresh_token: `refresh-${count}`,
  token_type: 'Bearer',
  expires_in: 60,
})

test.each([
  ['of a page or a native app, which has no secret', undefined],
  ['of a web client with HTTP Basic', clientSecretBasic('secret')],
  ['of a web client with its secret in the body', clientSecretPost('secret')],
])('F-009 F-010 a refresh token %s may rotate, stay, and rotate again', async (_kind, clientAuth) => {
  const answers = answering(tokens(1), { ...tokens(2), refresh_token: 'refresh-1' }, tokens(3))
  const sent: (string | null)[] = []
  const { manager, environment, record } = manage(
    (input, init) => {
      sent.push(new URLSearchParams(String(init?.body)).get('refresh_token'))
      return answers(input, init)
    },
    { clientAuth },
  )
  await manager.setTokens(tokens(0))
  for (let count = 1; count <= 3; count++) {
    await environment.pass(61_000)
    expect(await environment.passUntil(manager.getAccessToken())).toBe(`access-${count}`)
  }
  expect(sent).toEqual(['refresh-0', 'refresh-1', 'refresh-1'])
  expect(await record()).toMatchObject({ refreshToken: 'refresh-3' })
})
