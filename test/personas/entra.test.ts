import { signInWithDevice } from 'evergrant'
import { entra } from 'evergrant/presets'
import { expect, test } from 'vitest'
import { meet, type Meeting } from './meeting.js'

const scope = 'openid offline_access user.read'
const preset = entra({ tenant: '8f3c6a52-0000-4000-8000-000000000000', scope })
const mfa = {
  error: 'invalid_grant',
  error_description: 'AADSTS50076: Due to a configuration change made by your administrator, you must use MFA.',
  error_codes: [50076],
  suberror: 'basic_action',
}

async function signIn({ server, tokens, during }: Meeting): Promise<void> {
  const onPrompt = ({ userCode }: { userCode: string }): void => server.decideDevice(userCode, { subject: 'alice' })
  await during(signInWithDevice(tokens, { onPrompt }))
}

test('Q-Entra P-008 each renewal says for which API and that it wants a refresh token, whatever the answers leave out', async () => {
  const meeting = meet('entraSpa', { preset })
  const { server, tokens, requests, until, count } = meeting
  await signIn(meeting)
  expect((await tokens.getTokens()).scope).toBe(scope)
  await until(() => count('renewed') >= 3, 'three renewals')
  expect(requests.slice(1).map(({ form }) => form.get('scope'))).toEqual([scope, scope, scope])
  expect(server.redemptions.map(({ depth }) => depth)).toEqual([0, 1, 2])
})

test('Q-Entra P-007 so it is for tokens that are adopted through the mapping', async () => {
  const meeting = meet('entraSpa', { preset })
  const { server, tokens, requests, until, count } = meeting
  const answer = await server.signIn({ scope })
  expect(answer.scope).toBe('openid User.Read')
  await tokens.setTokens({ ...answer, ...preset.mapResponse?.(answer, 200) })
  await until(() => count('renewed') >= 1, 'a renewal')
  expect(requests.map(({ form }) => form.get('scope'))).toEqual([scope])
})

test('Q-EntraErr when only the user can go on, the refresh token is kept until they have', async () => {
  const meeting = meet('entraSpa', { preset })
  const { server, tokens, count, until, during, pass } = meeting
  await signIn(meeting)
  server.failNext({ type: 'respond', status: 400, body: mfa })
  await until(() => count('error') > 0, 'the server demands interaction')
  const { error } = tokens.getSnapshot() as { error?: unknown }
  expect(error).toMatchObject({ code: 'login_required', error: 'interaction_required' })
  await during(tokens.getAccessToken())
  await pass(4500)
  expect(count('ended')).toBe(0)
  // Back in the office, nobody has to do anything.
  await during(tokens.renew())
  expect(tokens.getSnapshot().status).toBe('active')
  expect(server.redemptions.every(({ outcome }) => outcome === 'accepted')).toBe(true)
})

test('Q-Entra after 24 hours the session of a page is over, however often it was renewed', async () => {
  const meeting = meet('entraSpa', { preset })
  const { events, count, until } = meeting
  await signIn(meeting)
  const begunAt = Date.now()
  await until(() => count('ended') > 0, 'the session is over')
  expect(Date.now() - begunAt).toBeGreaterThanOrEqual(86_400_000)
  expect(count('renewed')).toBeGreaterThan(15)
  expect(events.at(-1)).toMatchObject({ type: 'ended', reason: 'expired_or_revoked' })
})
