import { createTokenManager } from 'evergrant'
import { describe, expect, test } from 'vitest'
import { api, Api, signedIn } from './api.js'

describe('P-136 the access token', () => {
  test('is sent nowhere unless an origin is allowed, and the error says how to allow one', async () => {
    const calling = new Api({ allowedOrigins: [] })
    await calling.signIn()
    await expect(calling.call(`${api}/orders`)).rejects.toMatchObject({
      name: 'EvergrantError',
      code: 'misconfigured',
      message: 'fetch: to send the access token to https://api.example, add it to allowedOrigins',
    })
    expect(calling.calls).toEqual([])
  })

  test.each([
    ['another host', 'https://other.example/'],
    ['a host below it', 'https://sub.api.example/'],
    ['a host that begins like it', 'https://api.example.evil.example/'],
    ['a host that ends like it', 'https://evil-api.example/'],
    ['another port', 'https://api.example:8443/'],
    ['plain http', 'http://api.example/'],
    ['a URL of no origin', 'data:text/plain,hello'],
  ])('is not sent to %s', async (_kind, url) => {
    const calling = await signedIn()
    await expect(calling.call(url)).rejects.toThrow()
    expect(calling.calls).toEqual([])
  })

  test.each([
    ['any path and query of it', 'https://api.example/orders/1?page=2#top'],
    ['it with its default port', 'https://api.example:443/'],
    ['it in upper case', 'HTTPS://API.EXAMPLE/'],
  ])('is sent to %s', async (_kind, url) => {
    const calling = await signedIn()
    await calling.call(url)
    expect(calling.presented).toEqual(['Bearer access-0'])
  })

  test.each([
    ['a URL object', new URL(`${api}/orders`)],
    ['a Request', new Request(`${api}/orders`)],
  ])('is sent to the origin of %s', async (_kind, input) => {
    const calling = await signedIn()
    await calling.call(input)
    expect(calling.calls).toMatchObject([{ url: `${api}/orders`, authorization: 'Bearer access-0' }])
  })

  test('is not sent to a foreign origin in a Request object either', async () => {
    const calling = await signedIn()
    await expect(calling.call(new Request('https://other.example/'))).rejects.toMatchObject({ code: 'misconfigured' })
    expect(calling.calls).toEqual([])
  })

  test('is not asked for when the call may not be made: that nobody is signed in does not matter', async () => {
    const calling = new Api({ allowedOrigins: [] })
    await expect(calling.call()).rejects.toMatchObject({ code: 'misconfigured' })
  })
})

describe('allowedOrigins', () => {
  /** What became of a call to `url` from a manager that allows `allowed`. */
  async function call(allowed: string, url: string): Promise<string[]> {
    const called: string[] = []
    const tokens = createTokenManager({
      clientId: 'client',
      grant: () => Promise.reject(new Error('nothing is due')),
      allowedOrigins: [allowed],
      fetch: (input) => Promise.resolve(new Response(void called.push((input as Request).url))),
    })
    await tokens.setTokens({ access_token: 'access', expires_in: 3600 })
    await tokens.fetch(url)
    tokens.dispose()
    return called
  }

  test.each([
    ['as it is', 'https://api.example', 'https://api.example/a'],
    ['with a slash at its end', 'https://api.example/', 'https://api.example/a'],
    ['in upper case', 'HTTPS://API.example', 'https://api.example/a'],
    ['with its default port', 'https://api.example:443', 'https://api.example/a'],
    ['with another port', 'https://api.example:8443', 'https://api.example:8443/a'],
    ['over http on this machine', 'http://localhost:3000', 'http://localhost:3000/a'],
    ['with letters of other alphabets', 'https://bücher.example', 'https://xn--bcher-kva.example/a'],
  ])('take an origin %s', async (_kind, allowed, url) => {
    expect(await call(allowed, url)).toEqual([url])
  })

  test.each([
    ['https://api.example/v1', 'whole origins, such as'],
    ['https://api.example/?a=b', 'whole origins, such as'],
    ['https://user@api.example/', 'whole origins, such as'],
    ['https://*.api.example', 'whole origins, such as'],
    ['http://api.example', 'must use https; http is for localhost only'],
    ['api.example', 'must be an absolute URL'],
    ['/api', 'must be an absolute URL'],
    ['*', 'must be an absolute URL'],
  ])('refuse %s when the manager is made', async (allowed, why) => {
    await expect(call(allowed, api)).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining(why) as string,
    })
  })
})
