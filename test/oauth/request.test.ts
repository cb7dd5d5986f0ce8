import { createTokenManager, type EvergrantError, type ServerMetadata } from 'evergrant'
import { describe, expect, it } from 'vitest'
import { clientSecretBasic } from '../../src/oauth/client-authentication.js'
import { ask, askedWith } from '../support/asking.js'
import { answering, issuer, manage } from '../support/managed.js'

describe('the request for new tokens', () => {
  it('F-060 P-001 F-086 F-087 is a form, posted to the token endpoint of the metadata', async () => {
    const { url, init, headers } = await askedWith()
    expect(url).toBe('https://as.example/token')
    expect(init.method).toBe('POST')
    expect(headers.get('content-type')).toBe('application/x-www-form-urlencoded;charset=UTF-8')
    expect(headers.get('accept')).toBe('application/json')
  })

  it('P-001 encodes the form as UTF-8', async () => {
    const { init } = await askedWith({ additionalParameters: { login_hint: 'é€ &=+' } })
    expect(String(init.body)).toContain('login_hint=%C3%A9%E2%82%AC+%26%3D%2B')
  })

  it('P-002 F-080 F-083 holds the grant type and the refresh token once each, and nothing nobody asked for', async () => {
    const { body } = await askedWith({ refreshToken: 'a+b/c=d e' })
    expect([...body]).toEqual([
      ['grant_type', 'refresh_token'],
      ['refresh_token', 'a+b/c=d e'],
      ['client_id', 'client'],
    ])
  })

  it('P-003 T-1 puts neither token nor secret nor client id into the URL', async () => {
    const { url } = await askedWith({
      clientAuth: clientSecretBasic('s3cret'),
      additionalParameters: { audience: 'x' },
    })
    expect(new URL(url).search).toBe('')
    expect(url).not.toMatch(/refresh-1|s3cret|client/)
  })

  it('P-003 keeps the query of an endpoint that has one, and adds nothing to it', async () => {
    const token_endpoint = 'https://as.example/token?p=policy'
    const { url } = await askedWith({
      metadata: () => Promise.resolve({ issuer: 'https://as.example', token_endpoint }),
    })
    expect(url).toBe(token_endpoint)
  })

  it('P-004 T-3 F-081 sends extra parameters along, each once', async () => {
    const additionalParameters = { redirect_uri: 'com.app://callback', scope: 'openid', audience: 'https://api' }
    const { body } = await askedWith({ additionalParameters, scope: 'openid offline_access' })
    expect(Object.fromEntries(body)).toMatchObject(additionalParameters)
    expect(new Set(body.keys()).size).toBe([...body].length)
  })

  it.each(['grant_type', 'refresh_token', 'client_id', 'client_secret', 'client_assertion', 'client_assertion_type'])(
    'P-010 refuses an extra parameter %s when it is configured',
    (name) => {
      const make = () => manage(answering({}), { additionalParameters: { [name]: 'mine' } })
      expect(make).toThrow(expect.objectContaining({ code: 'misconfigured', message: expect.stringContaining(name) }))
    },
  )

  it.each([
    ['http://as.example/token', 'https'],
    ['ftp://localhost/token', 'https'],
    ['http://localhost.evil.example/token', 'https'],
    ['http://127.0.0.1.evil.example/token', 'https'],
    ['/token', 'absolute URL'],
    [undefined, 'absolute URL'],
  ])('P-005 refuses the token endpoint %s', (token_endpoint, why) => {
    const metadata = { issuer: 'https://as.example', token_endpoint } as ServerMetadata
    const make = () => createTokenManager({ metadata, clientId: 'client' })
    expect(make).toThrow(expect.objectContaining({ code: 'misconfigured', message: expect.stringContaining(why) }))
  })

  it.each([
    'https://as.example/token',
    'http://localhost:8080/token',
    'http://as.localhost/token',
    'http://127.1/token',
    'http://[::1]:8080/token',
  ])('P-005 accepts the token endpoint %s', (token_endpoint) => {
    const manager = createTokenManager({
      metadata: { issuer: 'https://as.example', token_endpoint },
      clientId: 'client',
    })
    manager.dispose()
  })

  it('P-006 P-011 P-042 F-026 F-088 follows no redirect, sends no cookie and no referrer, and is never cached', async () => {
    const { init } = await askedWith()
    expect(init).toMatchObject({
      redirect: 'manual',
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
    })
    expect(init.keepalive).toBeUndefined()
  })

  it('P-011 sends no header that would make a browser ask for permission first', async () => {
    const { headers } = await askedWith()
    expect([...headers.keys()].filter((name) => name !== 'user-agent')).toEqual(['accept', 'content-type'])
  })

  it('P-007 leaves the scope out unless one is configured, which means as granted', async () => {
    const { body } = await askedWith({ scope: 'openid offline_access' })
    expect(body.has('scope')).toBe(false)
  })

  it.each([
    ['openid profile', 'openid offline_access', 'openid'],
    ['offline_access openid', 'openid offline_access', 'offline_access openid'],
    ['openid', 'repo,openid', 'openid'],
    ['openid', 'offline_access%20openid', 'openid'],
    ['admin', 'openid', null],
    ['openid  profile', undefined, 'openid profile'],
    ['', 'openid', null],
    ['   ', 'openid', null],
  ])('P-007 P-008 T-4 asks for %o of the granted %o as %o', async (asked, granted, expected) => {
    const { body } = await askedWith({ additionalParameters: { scope: asked }, scope: granted })
    expect(body.get('scope')).toBe(expected)
  })

  it('F-110 sends a scope of 4096 characters as it is', async () => {
    const scope = Array.from({ length: 512 }, (_, index) => `read:${String(index).padStart(3, '0')}`).join(' ')
    const { body } = await askedWith({ additionalParameters: { scope } })
    expect(body.get('scope')).toBe(scope)
  })

  it('P-009 leaves out what is empty or undefined', async () => {
    const additionalParameters = { audience: '', resource: undefined as unknown as string, realm: 'r' }
    const { body } = await askedWith({ additionalParameters })
    expect([...body.keys()].sort()).toEqual(['client_id', 'grant_type', 'realm', 'refresh_token'])
  })

  it('is made by a fetch of the caller’s as by that of a browser, which is nobody’s method', async () => {
    const fetch: typeof globalThis.fetch = function (this: unknown) {
      if (this !== undefined) throw new TypeError('Illegal invocation')
      return Promise.resolve(Response.json({ access_token: 'access-1', token_type: 'Bearer' }))
    }
    const manager = createTokenManager({
      metadata: { issuer, token_endpoint: `${issuer}/token` },
      clientId: 'c',
      fetch,
    })
    await manager.setTokens({ refresh_token: 'refresh-1' })
    expect(await manager.getAccessToken()).toBe('access-1')
    manager.dispose()
  })

  it('P-012 counts a request as unanswered after ten seconds, short of the usual grace, and never aborts it', async () => {
    let signal: AbortSignal | null | undefined
    const { manager, environment } = manage((_url, init) => {
      signal = init?.signal
      return new Promise(() => undefined)
    })
    await manager.setTokens({ refresh_token: 'refresh-1' })
    const failed = environment.passUntil(manager.getAccessToken().catch((error: EvergrantError) => error))
    await expect(failed).resolves.toMatchObject({ code: 'unavailable' })
    expect(environment.time.now).toBeLessThan(15_000)
    expect(signal?.aborted ?? false).toBe(false)
    manager.dispose()
  })

  it('sends nothing when the holder has lost its turn meanwhile', async () => {
    const lost = new Error('lost')
    const { sent, error } = await ask(() => Response.json({}), {
      sending() {
        throw lost
      },
    })
    expect(error).toBe(lost)
    expect(sent).toEqual([])
  })

  it('finds out everything that can fail before it says that it sends', async () => {
    let isSending = false
    const sending = () => {
      isSending = true
    }
    const metadata = () => Promise.reject(new Error('discovery failed'))
    const { error } = await ask(() => Response.json({}), { metadata, sending })
    const clientAuth = () => Promise.reject(new Error('no key'))
    const { error: other } = await ask(() => Response.json({}), { clientAuth, sending })
    expect([error, other]).toEqual([new Error('discovery failed'), new Error('no key')])
    expect(isSending).toBe(false)
  })

  it('needs a refresh token', async () => {
    const { sent, error } = await ask(() => Response.json({}), { refreshToken: undefined })
    expect(error).toMatchObject({ code: 'login_required' })
    expect(sent).toEqual([])
  })
})
