import { clientSecretBasic } from 'evergrant'
import { github, keycloak, salesforce, slack } from 'evergrant/presets'
import { expect, test } from 'vitest'
import { meet } from './meeting.js'

const webClient = { clientAuth: clientSecretBasic('the secret of the client') }

test('Q-GitHub P-133 a call whose token died on its way is made again with the new one, without another renewal', async () => {
  let arrive = (): void => undefined
  const isHeld = new Promise<void>((resolve) => (arrive = resolve))
  const sent: (string | null)[] = []
  const meeting = meet('github', {
    preset: github(),
    ...webClient,
    allowedOrigins: ['https://github.com'],
    onRequest: async ({ url, headers }) => {
      if (url.endsWith('/resource') && sent.push(headers.get('authorization')) === 1) await isHeld
    },
  })
  const { server, tokens, requests, during, until, count } = meeting
  await tokens.setTokens(await server.signIn())
  const call = tokens.fetch(`${server.issuer}/resource`)
  await until(() => count('renewed') === 1, 'a renewal')
  arrive()
  expect((await during(call)).status).toBe(200)
  expect(new Set(sent).size).toBe(2)
  expect(requests).toHaveLength(1)
})

test('Q-Salesforce P-035 a lifetime that is known from the settings is kept, and one that is not is an hour', async () => {
  for (const [sessionSeconds, expected] of [
    [900, 900 - 60],
    [undefined, 3600],
  ] as const) {
    const meeting = meet('salesforce', { preset: salesforce({ ...(sessionSeconds && { sessionSeconds }) }) })
    const { server, tokens, requests, until, count } = meeting
    await tokens.setTokens(await server.signIn())
    await until(() => count('renewed') === 2, 'two renewals')
    const [first, second] = requests
    expect(((second?.at ?? 0) - (first?.at ?? 0)) / 1000).toBeCloseTo(expected, -2)
    expect((await tokens.getTokens()).extra).toMatchObject({ instance_url: 'https://acme.my.salesforce.com' })
    tokens.dispose()
  }
})

test('Q-Slack P-132 the tokens of bots are used as bearer tokens', async () => {
  const preset = slack()
  const meeting = meet('slack', { preset, ...webClient, allowedOrigins: ['https://slack.com'] })
  const { server, tokens, during } = meeting
  const answer = await server.signIn()
  expect(answer).toMatchObject({ ok: true, token_type: 'bot' })
  await tokens.setTokens({ ...answer, ...preset.mapResponse?.(answer, 200) })
  expect((await during(tokens.fetch(`${server.issuer}/resource`))).status).toBe(200)
  expect(await tokens.getTokens()).toMatchObject({ tokenType: 'Bearer', extra: { bot_user_id: 'U01' } })
})

test('Q-Keycloak reuse drops the whole session of the user', async () => {
  const meeting = meet('keycloak', { preset: keycloak({ url: 'https://login.example.com', realm: 'my realm' }) })
  const { server, tokens, until, count, events } = meeting
  const { refresh_token = '' } = await server.signIn()
  await tokens.setTokens({ refresh_token })
  await until(() => count('renewed') === 2, 'two renewals')
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'client',
    refresh_token: String(refresh_token),
  })
  const replay = await server.handle(new Request(`${server.issuer}/token`, { method: 'POST', body }))
  expect(await replay.json()).toEqual({ error: 'invalid_grant', error_description: 'Session not active' })
  await until(() => count('ended') > 0, 'the session is over')
  expect(events.at(-1)).toMatchObject({ reason: 'expired_or_revoked' })
})
