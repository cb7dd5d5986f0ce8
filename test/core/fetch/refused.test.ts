import { describe, expect, test } from 'vitest'
import { idToken } from '../../support/id-tokens.js'
import { accepting, api, redirected, refusal, signedIn, type Api } from './api.js'

/** An API that takes the token of the first renewal. */
async function refusing(challenge: string | undefined): Promise<Api> {
  const calling = await signedIn()
  calling.answer = ({ authorization }) =>
    authorization === 'Bearer access-1' ? new Response('done') : refusal(challenge)
  return calling
}

describe('a 401', () => {
  test.each([
    ['P-132 invalid_token', 'Bearer error="invalid_token"'],
    ['P-132 invalid_token, spelled otherwise', 'BEARER  realm="x" , Error = invalid_token'],
    ['P-132 no error', 'Bearer realm="api"'],
    ['P-132 a scheme alone', 'Bearer'],
    ['P-135 no challenge, as CORS may hide it', undefined],
    ['P-137 the challenge after that of another scheme', 'Basic realm="a, b", Bearer error="invalid_token"'],
    ['P-137 the challenge before that of another scheme', 'Bearer error="invalid_token", Basic realm="x"'],
    ['P-137 an error of another scheme', 'DPoP error="insufficient_scope", Bearer'],
  ])('with %s renews once and repeats the call once', async (_kind, challenge) => {
    const calling = await refusing(challenge)
    const response = await calling.call()
    expect([response.status, await response.text()]).toEqual([200, 'done'])
    expect(calling.presented).toEqual(['Bearer access-0', 'Bearer access-1'])
    expect(calling.renewals).toBe(1)
  })

  test.each([
    ['P-137 no scheme but another', 'Basic realm="api"'],
    ['P-137 an error that is another scheme’s', 'DPoP error="invalid_token", Basic realm="Bearer error=invalid_token"'],
    ['an error that no token mends', 'Bearer error="invalid_request"'],
    ['P-134 a demand for another scope', 'Bearer error="insufficient_scope"'],
    ['P-134 a demand for another sign-in', 'Bearer error="insufficient_user_authentication"'],
  ])('with %s is the caller’s', async (_kind, challenge) => {
    const calling = await refusing(challenge)
    expect((await calling.call()).status).toBe(401)
    expect(calling.renewals).toBe(0)
    expect(calling.calls).toHaveLength(1)
  })

  test('P-132 that comes again is the caller’s, with its body', async () => {
    const calling = await signedIn()
    calling.answer = ({ authorization }) => new Response(`not ${authorization}`, { status: 401 })
    const response = await calling.call()
    expect([response.status, await response.text()]).toEqual([401, 'not Bearer access-1'])
    expect(calling.presented).toEqual(['Bearer access-0', 'Bearer access-1'])
    expect(calling.renewals).toBe(1)
  })

  test('P-132 to ten calls at once makes one renewal, and all of them succeed', async () => {
    const calling = await refusing('Bearer error="invalid_token"')
    const responses = await Promise.all(Array.from({ length: 10 }, () => calling.call()))
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(calling.renewals).toBe(1)
    expect(calling.calls).toHaveLength(20)
  })

  test('P-133 to a token that is no longer the current one repeats the call without another renewal', async () => {
    const calling = await signedIn()
    const accept = accepting('access-1')
    await calling.environment.pass(10_000)
    calling.answer = async (call) => {
      if (calling.calls.length === 1) await calling.manager.renew()
      return accept(call)
    }
    expect((await calling.call()).status).toBe(200)
    expect(calling.presented).toEqual(['Bearer access-0', 'Bearer access-1'])
    expect(calling.renewals).toBe(1)
  })

  test('a call is not repeated in a session that has begun meanwhile, which may be another user’s', async () => {
    const calling = await signedIn()
    calling.answer = async () => {
      await calling.signIn({ access_token: 'access-of-bob' })
      return refusal()
    }
    expect((await calling.call()).status).toBe(401)
    expect(calling.presented).toEqual(['Bearer access-0'])
  })

  test('of another origin, to which the API has redirected, is the caller’s: the token did not go there', async () => {
    const calling = await signedIn()
    calling.answer = () => redirected(refusal(), 'https://files.example/report')
    expect((await calling.call()).status).toBe(401)
    expect([calling.renewals, calling.calls.length]).toEqual([0, 1])
  })

  test.each([
    ['POST', 1],
    ['GET', 2],
  ])('behind a redirect of the API renews, and repeats a %s %i times at most', async (method, times) => {
    const calling = await signedIn()
    calling.answer = () => redirected(refusal(), `${api}/orders/1`)
    expect((await calling.call(`${api}/orders`, { method })).status).toBe(401)
    expect([calling.renewals, calling.calls.length]).toEqual([1, times])
  })

  test('P-133 that comes after the renewal which another call has caused makes no second one', async () => {
    const calling = await refusing(undefined)
    const accept = calling.answer
    let refuseLate = (): void => undefined
    calling.answer = (call) =>
      call.url.endsWith('/late') && call.authorization === 'Bearer access-0'
        ? new Promise((resolve) => (refuseLate = () => resolve(refusal())))
        : accept(call)
    const late = calling.call(`${api}/late`)
    expect((await calling.call()).status).toBe(200)
    refuseLate()
    expect((await late).status).toBe(200)
    expect(calling.renewals).toBe(1)
  })

  test('P-133 is not repeated in the name of another user who has signed in meanwhile', async () => {
    const calling = await signedIn()
    await calling.signIn({ id_token: idToken({ sub: 'alice' }) })
    calling.answer = async () => {
      await calling.manager.setTokens({ access_token: 'of-bob', id_token: idToken({ sub: 'bob' }), expires_in: 3600 })
      return refusal()
    }
    expect((await calling.call(api, { method: 'POST', body: 'alice pays' })).status).toBe(401)
    expect(calling.presented).toEqual(['Bearer access-0'])
  })

  test('P-133 is not repeated once the user has signed out', async () => {
    const calling = await signedIn()
    calling.answer = async () => {
      await calling.manager.signOut()
      return refusal()
    }
    expect((await calling.call()).status).toBe(401)
    expect(calling.presented).toEqual(['Bearer access-0'])
  })

  test('whose body breaks off while the token is renewed disturbs nobody', async () => {
    const calling = await signedIn()
    let breakOff = (): void => undefined
    const body = new ReadableStream({ start: (stream) => (breakOff = () => stream.error(new Error('broken off'))) })
    const renewal = calling.renewal
    calling.renewal = () => {
      breakOff()
      return renewal()
    }
    calling.answer = ({ authorization }) =>
      authorization === 'Bearer access-1' ? new Response('done') : new Response(body, { status: 401 })
    expect((await calling.call()).status).toBe(200)
  })
})

describe('a renewal that fails', () => {
  test.each([
    ['503', () => new Response('', { status: 503 })],
    ['invalid_grant', () => Response.json({ error: 'invalid_grant' }, { status: 400 })],
    ['the network', () => Promise.reject(new TypeError('fetch failed'))],
    ['a server that does not answer', () => new Promise<Response>(() => undefined)],
  ])('by %s gives the caller the answer of the API, with its body', async (_kind, renewal) => {
    const calling = await signedIn()
    calling.renewal = renewal
    calling.answer = () => new Response('who are you?', { status: 401 })
    const startedAt = calling.environment.time.now
    const response = await calling.call()
    expect([response.status, await response.text()]).toEqual([401, 'who are you?'])
    expect(calling.environment.time.now - startedAt).toBeLessThan(10_200)
    expect(calling.calls).toHaveLength(1)
  })
})

describe('what an API answers', () => {
  test.each([
    [200, 'Bearer error="invalid_token"'],
    [204, 'Bearer error="insufficient_scope"'],
  ])('P-138 with %i is a success, whatever its challenge says', async (status, challenge) => {
    const calling = await signedIn()
    const events: unknown[] = []
    calling.manager.on('challenge', (event) => events.push(event))
    calling.answer = () => new Response(null, { status, headers: { 'www-authenticate': challenge } })
    expect((await calling.call()).status).toBe(status)
    expect([calling.renewals, calling.calls.length, events.length]).toEqual([0, 1, 0])
  })

  test.each([400, 403, 404, 407, 429, 500, 503])('with %i is the caller’s', async (status) => {
    const calling = await signedIn()
    calling.answer = () => refusal('Bearer error="invalid_token"', status)
    expect((await calling.call()).status).toBe(status)
    expect([calling.renewals, calling.calls.length]).toEqual([0, 1])
  })

  test('never ends the session, however often it refuses the token', async () => {
    const calling = await signedIn()
    const ended: unknown[] = []
    calling.manager.on('ended', (event) => ended.push(event))
    calling.answer = () => refusal('Bearer error="invalid_token", error_description="the session was revoked"')
    for (let minute = 0; minute < 30; minute++) {
      expect((await calling.call()).status).toBe(401)
      await calling.environment.pass(60_000)
    }
    expect(calling.manager.getSnapshot().status).toBe('active')
    expect(ended).toEqual([])
    expect(calling.renewals).toBeLessThan(15)
  })

  test('however often it has refused tokens, a token of more than five minutes is renewed again', async () => {
    const calling = await signedIn()
    calling.answer = () => refusal()
    for (let call = 0; call < 60; call++) {
      await calling.call()
      await calling.environment.pass(60_000)
    }
    const before = calling.renewals
    await calling.environment.pass(5 * 60_000)
    await calling.call()
    expect(calling.renewals).toBe(before + 1)
  })
})
