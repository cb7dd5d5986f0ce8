import { dpop } from 'evergrant'
import { okta } from 'evergrant/presets'
import { expect, test } from 'vitest'
import { meet, type Meeting } from './meeting.js'

const scope = 'openid offline_access'
const preset = okta({ domain: 'acme.okta.com', authorizationServer: 'default', scope })

async function renewal({ until, count }: Meeting): Promise<void> {
  const before = count('renewed')
  await until(() => count('renewed') > before, 'the session is renewed')
}

/** The parts of the proof that a request came with. */
function proofIn({ headers }: Meeting['requests'][number]): readonly Record<string, unknown>[] {
  const parts = headers.get('dpop')?.split('.').slice(0, 2) ?? []
  return parts.map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>)
}

test('Q-Okta F-082 P-008 a renewal asks for the scope again, and so brings a new ID token', async () => {
  const meeting = meet('oktaStatic', { preset })
  const { server, tokens, requests } = meeting
  await tokens.setTokens(await server.signIn({ scope }))
  const first = await tokens.getTokens()
  await renewal(meeting)
  expect(requests.map(({ form }) => form.get('scope'))).toEqual([scope])
  const second = await tokens.getTokens()
  expect(second.idToken).not.toBe(first.idToken)
  expect(second.identity).toEqual(first.identity)
})

test('Q-Okta P-044 without it the ID token stays as it was', async () => {
  const meeting = meet('oktaStatic', { preset: okta({ domain: 'acme.okta.com' }) })
  const { server, tokens, requests } = meeting
  await tokens.setTokens(await server.signIn({ scope }))
  const first = await tokens.getTokens()
  await renewal(meeting)
  expect(requests.map(({ form }) => form.has('scope'))).toEqual([false])
  expect((await tokens.getTokens()).idToken).toBe(first.idToken)
})

test('Q-Okta P-140 P-141 P-143 all proofs are made with one key, each is new, and the nonce is asked for once', async () => {
  const meeting = meet('oktaDpop', { preset, dpop: dpop() })
  const { server, tokens, requests, during } = meeting
  const { refresh_token } = await server.signIn({ scope })
  await during(tokens.setTokens({ refresh_token }))
  for (let index = 0; index < 3; index++) await renewal(meeting)
  const proofs = requests.map(proofIn)
  expect(proofs.map(([, claims]) => claims?.nonce)).toEqual([undefined, ...Array(4).fill('nonce-of-the-day')])
  expect(new Set(proofs.map(([head]) => JSON.stringify(head?.jwk))).size).toBe(1)
  expect(new Set(proofs.map(([, claims]) => claims?.jti)).size).toBe(5)
  expect((await tokens.getTokens()).tokenType).toBe('DPoP')
})

test('Q-Okta P-072 P-074 a rate limit is waited for until it is reset, and never takes the session', async () => {
  const meeting = meet('oktaLimited', { preset })
  const { server, tokens, requests, persona, count } = meeting
  await tokens.setTokens(await server.signIn({ scope }))
  await renewal(meeting)
  for (const index of [0, 1]) {
    const whenItIsDue = Date.now() + 3_545_000
    server.failNext(...persona.troubles(whenItIsDue).slice(index, index + 1))
    await renewal(meeting)
    const [limited, allowed] = requests.slice(-2)
    expect((allowed?.at ?? 0) - (limited?.at ?? 0)).toBeGreaterThanOrEqual(30_000)
  }
  expect(count('ended')).toBe(0)
})

test('Q-Okta F-013 within the grace period a lost answer costs nothing, and the same token is sent again at once', async () => {
  const meeting = meet('oktaRotating', { preset })
  const { server, tokens, requests } = meeting
  await tokens.setTokens(await server.signIn({ scope }))
  server.failNext({ type: 'drop-response' })
  await renewal(meeting)
  expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted', 'repeated'])
  expect(new Set(requests.map(({ form }) => form.get('refresh_token'))).size).toBe(1)
  expect((requests[1]?.at ?? Infinity) - (requests[0]?.at ?? 0)).toBeLessThan(5000)
})

test('Q-Okta F-012 F-014 without one it ends the session, which says afterwards why', async () => {
  const meeting = meet('oktaStrict', { preset })
  const { server, tokens, events, until, count } = meeting
  await tokens.setTokens(await server.signIn({ scope }))
  server.failNext({ type: 'drop-response' })
  await until(() => count('ended') > 0, 'the session is over')
  expect(events.find(({ type }) => type === 'ended')).toMatchObject({ reason: 'lost_in_flight' })
})
