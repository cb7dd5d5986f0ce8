import type { TokenEvent } from 'evergrant'
import { describe, expect, test } from 'vitest'
import { api, redirected, refusal, signedIn } from './api.js'

/** The challenge events that an answer causes. */
async function eventsOf(answer: Response, signIn: object = {}): Promise<TokenEvent[]> {
  const calling = await signedIn()
  await calling.signIn(signIn)
  const events: TokenEvent[] = []
  calling.manager.on('challenge', (event) => events.push(event))
  calling.answer = () => answer.clone()
  expect((await calling.call(`${api}/orders?secret=1`)).status).toBe(answer.status)
  expect(calling.renewals).toBe(0)
  return events
}

const nothing = { scope: undefined, acrValues: undefined, maxAge: undefined, resourceMetadata: undefined }

describe('a challenge event', () => {
  test('P-134 tells which scope an API demands, and renews nothing', async () => {
    const events = await eventsOf(refusal('Bearer error="insufficient_scope", scope="orders:read orders:write"', 403))
    const scope = 'orders:read orders:write'
    expect(events).toEqual([{ type: 'challenge', error: 'insufficient_scope', origin: api, ...nothing, scope }])
  })

  test('P-134 tells which sign-in an API demands, and renews nothing', async () => {
    const challenge = 'Bearer error="insufficient_user_authentication", acr_values="phr phrh", max_age="300"'
    expect(await eventsOf(refusal(challenge))).toEqual([
      {
        type: 'challenge',
        error: 'insufficient_user_authentication',
        origin: api,
        ...nothing,
        acrValues: 'phr phrh',
        maxAge: 300,
      },
    ])
  })

  test('P-134 leaves out a max_age that is no number', async () => {
    const [event] = await eventsOf(refusal('Bearer error="insufficient_user_authentication", max_age="soon"'))
    expect(event).toMatchObject({ maxAge: undefined })
  })

  test('P-134 keeps a max_age of 0, which demands to sign in right now', async () => {
    const [event] = await eventsOf(refusal('Bearer error="insufficient_user_authentication", max_age=0'))
    expect(event).toMatchObject({ maxAge: 0 })
  })

  test('P-139 tells where the API describes itself', async () => {
    const url = 'https://api.example/.well-known/oauth-protected-resource'
    const [event] = await eventsOf(refusal(`Bearer error="insufficient_scope", resource_metadata="${url}"`, 403))
    expect(event).toMatchObject({ resourceMetadata: url })
  })

  test('P-137 comes from the challenge of the token’s scheme, wherever it stands', async () => {
    const challenge =
      'Basic realm="x", DPoP error="insufficient_scope", scope="a", Bearer error="insufficient_scope", scope="b"'
    expect(await eventsOf(refusal(challenge, 403))).toMatchObject([{ scope: 'b' }])
    expect(await eventsOf(refusal(challenge, 403), { token_type: 'DPoP' })).toMatchObject([{ scope: 'a' }])
  })

  test('never holds the token that the challenge quotes', async () => {
    const quotes =
      'scope="access-0 read", acr_values="is:access-0", resource_metadata="https://api.example/?t=access-0"'
    const [event] = await eventsOf(refusal(`Bearer error="insufficient_scope", ${quotes}`, 403))
    expect(event).toMatchObject({ scope: '[secret] read', acrValues: 'is:[secret]' })
    expect(JSON.stringify(event)).not.toContain('access-0')
  })

  test('never comes from another origin, to which the API has redirected', async () => {
    const calling = await signedIn()
    const events: TokenEvent[] = []
    calling.manager.on('challenge', (event) => events.push(event))
    const demand = refusal('Bearer error="insufficient_scope", scope="admin"', 403)
    calling.answer = () => redirected(demand, 'https://files.example/report')
    await calling.call()
    expect(events).toEqual([])
  })

  test('comes from the answer to a repeated call too, once', async () => {
    const calling = await signedIn()
    const events: TokenEvent[] = []
    calling.manager.on('challenge', (event) => events.push(event))
    calling.answer = ({ authorization }) =>
      authorization === 'Bearer access-1' ? refusal('Bearer error="insufficient_scope"', 403) : refusal()
    expect((await calling.call()).status).toBe(403)
    expect(events).toMatchObject([{ error: 'insufficient_scope' }])
  })

  test.each(['invalid_token', 'invalid_request', 'use_dpop_nonce', ''])(
    'does not come for the error "%s"',
    async (error) => {
      expect(await eventsOf(refusal(`Bearer error="${error}"`, 403))).toEqual([])
    },
  )

  test('may be answered by a listener that calls the API again', async () => {
    const calling = await signedIn()
    let again: Promise<Response> | undefined
    calling.manager.on('challenge', () => (again ??= calling.manager.fetch(api)))
    calling.answer = () => refusal('Bearer error="insufficient_scope"', 403)
    await calling.call()
    expect((await again)?.status).toBe(403)
  })
})
