import { describe, expect, expectTypeOf, test } from 'vitest'
import { api, Api, refusal, signedIn } from './api.js'

describe('the Authorization header', () => {
  test('P-130 is the only place where the token is', async () => {
    const calling = await signedIn()
    await calling.call(`${api}/orders?page=2`, { method: 'POST', body: 'a=b', headers: { 'x-own': 'kept' } })
    const [call] = calling.calls
    const { authorization, ...others } = Object.fromEntries(call?.headers ?? [])
    expect(authorization).toBe('Bearer access-0')
    expect(others).toMatchObject({ 'x-own': 'kept' })
    expect(JSON.stringify([call?.url, call?.body, others])).not.toContain('access-0')
  })

  test.each([
    ['Bearer', 'Bearer'],
    ['bearer', 'Bearer'],
    ['BEARER', 'Bearer'],
    ['dpop', 'DPoP'],
    [undefined, 'Bearer'],
  ])('P-131 has the scheme of the token_type %s: %s', async (token_type, scheme) => {
    const calling = new Api()
    await calling.signIn({ token_type })
    await calling.call()
    expect(calling.presented).toEqual([`${scheme} access-0`])
  })

  test('P-131 changes its scheme when a renewal brings a token of another type', async () => {
    const calling = await signedIn()
    calling.renewal = () => Response.json({ access_token: 'access-1', token_type: 'DPoP', expires_in: 3600 })
    calling.answer = ({ authorization }) => (authorization === 'DPoP access-1' ? new Response('done') : refusal())
    expect((await calling.call()).status).toBe(200)
    expect(calling.presented).toEqual(['Bearer access-0', 'DPoP access-1'])
  })

  test.each([
    ['of the call', api, { headers: { Authorization: 'Basic b2xk' } }],
    ['of a Request', new Request(api, { headers: { authorization: 'Bearer old' } }), undefined],
  ])('replaces the one %s', async (_kind, input, init) => {
    const calling = await signedIn()
    await calling.call(input, init)
    expect(calling.presented).toEqual(['Bearer access-0'])
  })

  test('leaves the Request of the caller as it was', async () => {
    const calling = await signedIn()
    const request = new Request(api, { headers: { authorization: 'Bearer old' } })
    await calling.call(request)
    expect(request.headers.get('authorization')).toBe('Bearer old')
  })
})

describe('fetch of a manager', () => {
  test('has the type of fetch, and needs no this', async () => {
    const calling = await signedIn()
    const { fetch } = calling.manager
    expectTypeOf(fetch).toEqualTypeOf<typeof globalThis.fetch>()
    expect(await (await fetch(api)).text()).toBe('done')
  })

  test.each([true, false])('hands over all that a call is made with (keepalive %s)', async (keepalive) => {
    const calling = await signedIn()
    let received: Request | undefined
    calling.environment.fetch = (...args) => {
      received = new Request(...args)
      return Promise.resolve(new Response('done'))
    }
    const init = { method: 'DELETE', credentials: 'include', redirect: 'manual', keepalive, mode: 'cors' } as const
    await calling.call(`${api}/orders`, { ...init, cache: 'no-store', referrerPolicy: 'origin' })
    expect(received).toMatchObject({ url: `${api}/orders`, ...init, cache: 'no-store', referrerPolicy: 'origin' })
  })

  test('rejects as fetch does when there is no answer', async () => {
    const calling = await signedIn()
    const failure = new TypeError('the network is down')
    calling.answer = () => Promise.reject(failure)
    await expect(calling.call()).rejects.toBe(failure)
    expect(calling.renewals).toBe(0)
  })

  test('rejects with login_required when nobody is signed in, and sends nothing', async () => {
    const calling = new Api()
    await expect(calling.call()).rejects.toMatchObject({ code: 'login_required' })
    expect(calling.calls).toEqual([])
  })

  test('rejects as getTokens does when the token has expired and cannot be renewed, and sends nothing', async () => {
    const calling = await signedIn()
    await calling.environment.pass(3600_000)
    calling.renewal = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
    await expect(calling.call()).rejects.toMatchObject({ code: 'login_required' })
    expect(calling.calls).toEqual([])
  })

  test('renews an expired token before it calls', async () => {
    const calling = await signedIn()
    await calling.environment.pass(3600_000)
    await calling.call()
    expect(calling.presented).toEqual(['Bearer access-1'])
  })
})
