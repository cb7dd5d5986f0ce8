import { type EvergrantError, type ServerMetadata } from 'evergrant'
import { createAuthorizationServer } from 'evergrant/testing'
import { describe, expect, it } from 'vitest'
import { metadataSource } from '../../src/oauth/discovery.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { manage } from '../support/managed.js'

const issuer = 'https://as.example'
const found = { issuer, token_endpoint: `${issuer}/token` }
const day = 24 * 3_600_000

/** A site that serves some documents, by URL, and nothing else; it notes what it is asked for. */
function site(documents: Readonly<Record<string, unknown>>) {
  const asked: string[] = []
  const environment = new FakeEnvironment((input) => {
    asked.push(String(input))
    const document = documents[String(input)]
    if (document instanceof Error) return Promise.reject(document)
    if (document instanceof Response) return Promise.resolve(document.clone())
    return Promise.resolve(document ? Response.json(document) : new Response('nothing here', { status: 404 }))
  })
  return { asked, environment }
}

const failing = (source: () => Promise<ServerMetadata>) => source().catch((error: EvergrantError) => error)

describe('metadata of the server', () => {
  it('P-186 F-068 are asked for in the form of OpenID Connect', async () => {
    const { asked, environment } = site({
      'https://as.example/oauth2/default/.well-known/openid-configuration': {
        ...found,
        issuer: `${issuer}/oauth2/default`,
      },
    })
    const source = metadataSource({ issuer: `${issuer}/oauth2/default` }, environment)
    expect(await source()).toMatchObject({ token_endpoint: `${issuer}/token` })
    expect(asked).toHaveLength(1)
  })

  it.each([404, 400, 403, 500, 200])(
    'P-186 are asked for in the form of RFC 8414 when the other form brings status %i and no metadata',
    async (status) => {
      const { asked, environment } = site({
        'https://as.example/tenant/.well-known/openid-configuration': new Response('<html></html>', { status }),
        'https://as.example/.well-known/oauth-authorization-server/tenant': { ...found, issuer: `${issuer}/tenant` },
      })
      expect(await metadataSource({ issuer: `${issuer}/tenant` }, environment)()).toMatchObject({
        issuer: `${issuer}/tenant`,
      })
      expect(asked).toHaveLength(2)
    },
  )

  it('P-186 are asked for in the other form where a page cannot read that there is nothing in the first', async () => {
    const { asked, environment } = site({
      [`${issuer}/.well-known/openid-configuration`]: new TypeError('Failed to fetch'),
      [`${issuer}/.well-known/oauth-authorization-server`]: found,
    })
    expect(await metadataSource({ issuer }, environment)()).toEqual(found)
    expect(asked).toHaveLength(2)
  })

  it('P-186 are found on a test server in either form', async () => {
    const server = createAuthorizationServer({ issuer: `${issuer}/tenant` })
    for (const missing of ['openid-configuration', 'oauth-authorization-server']) {
      const environment = new FakeEnvironment((input) => {
        if (String(input).includes(missing)) return Promise.resolve(new Response('', { status: 404 }))
        return server.handle(new Request(input))
      })
      const { token_endpoint } = await metadataSource({ issuer: server.issuer }, environment)()
      expect(token_endpoint).toBe(`${issuer}/tenant/token`)
    }
  })

  it('F-050 say where renewals go, wherever that is', async () => {
    const asked: string[] = []
    const server = { issuer: `${issuer}/oauth2/default`, token_endpoint: 'https://tokens.example/v1' }
    const metadata = () => Promise.resolve(server)
    const renewed = { access_token: 'access-1', token_type: 'Bearer', expires_in: 3600 }
    const answer: typeof fetch = (input) => {
      asked.push(input instanceof Request ? input.url : String(input))
      return Promise.resolve(Response.json(renewed))
    }
    const { manager } = manage(answer, { metadata })
    await manager.setTokens({ refresh_token: 'refresh-1' })
    expect(await manager.getAccessToken()).toBe('access-1')
    expect(asked).toEqual(['https://tokens.example/v1'])
    manager.dispose()
  })

  it('P-186 that are given need no network', async () => {
    const environment = new FakeEnvironment()
    expect(await metadataSource({ metadata: found }, environment)()).toBe(found)
  })

  it('P-185 of another issuer are refused, and the error says which name to use', async () => {
    const { environment } = site({
      [`${issuer}/.well-known/openid-configuration`]: { ...found, issuer: 'https://evil.example' },
    })
    const error = await failing(metadataSource({ issuer }, environment))
    expect(error).toMatchObject({ code: 'misconfigured' })
    expect((error as EvergrantError).message).toContain('https://evil.example')
  })

  it('P-185 may differ from what was configured by the slash that people forget, and by nothing else', async () => {
    const { environment } = site({
      [`${issuer}/.well-known/openid-configuration`]: { ...found, issuer: `${issuer}/` },
      [`${issuer}/a/.well-known/openid-configuration`]: { ...found, issuer: `${issuer}/A` },
    })
    expect(await metadataSource({ issuer }, environment)()).toMatchObject({ token_endpoint: found.token_endpoint })
    expect(await failing(metadataSource({ issuer: `${issuer}/a` }, environment))).toMatchObject({
      code: 'misconfigured',
    })
  })

  it('P-011 are asked for without cookies, cache or redirects', async () => {
    let init: RequestInit | undefined
    const environment = new FakeEnvironment((_url, given) => {
      init = given
      return Promise.resolve(Response.json(found))
    })
    await metadataSource({ issuer }, environment)()
    expect(init).toMatchObject({ redirect: 'manual', credentials: 'omit', cache: 'no-store' })
  })

  it('P-005 with an endpoint that is not secure are refused', async () => {
    for (const token_endpoint of ['http://as.example/token', 'nowhere', undefined, 42]) {
      const { environment } = site({ [`${issuer}/.well-known/openid-configuration`]: { issuer, token_endpoint } })
      expect(await failing(metadataSource({ issuer }, environment))).toMatchObject({ code: 'misconfigured' })
    }
  })

  it.each(['http://as.example', 'as.example', '', undefined])('P-005 are not asked for at the issuer %o', (issuer) => {
    const make = () => metadataSource({ issuer }, new FakeEnvironment())
    expect(make).toThrow(expect.objectContaining({ code: 'misconfigured' }))
  })

  it('without an issuer are refused', () => {
    const metadata = { token_endpoint: `${issuer}/token` } as ServerMetadata
    const make = () => metadataSource({ metadata }, new FakeEnvironment())
    expect(make).toThrow(expect.objectContaining({ code: 'misconfigured' }))
  })

  it('that nobody serves are a matter of the setup', async () => {
    const error = await failing(metadataSource({ issuer }, site({}).environment))
    expect(error).toMatchObject({ code: 'misconfigured', status: 404 })
  })

  it.each([
    ['a page', new Response('<html>Welcome to our hotel</html>')],
    ['an error', new Response('', { status: 503 })],
    ['a list', []],
    ['a number', 42],
    ['no issuer', { token_endpoint: `${issuer}/token` }],
    ['nothing', new TypeError('fetch failed')],
  ])('F49 are out of reach for now when %s comes in their place', async (_what, document) => {
    const { environment } = site({
      [`${issuer}/.well-known/openid-configuration`]: document,
      [`${issuer}/.well-known/oauth-authorization-server`]: document,
    })
    expect(await failing(metadataSource({ issuer }, environment))).toMatchObject({ code: 'unavailable' })
  })
})

describe('known metadata', () => {
  it('P-187 are used for a day without asking again, and asked for once by all who need them', async () => {
    const { asked, environment } = site({ [`${issuer}/.well-known/openid-configuration`]: found })
    const source = metadataSource({ issuer }, environment)
    await Promise.all([source(), source(), source()])
    await environment.pass(day - 1)
    await source()
    expect(asked).toHaveLength(1)
  })

  it('P-187 are replaced behind after a day, and nobody waits', async () => {
    const documents = { [`${issuer}/.well-known/openid-configuration`]: found }
    const { environment } = site(documents)
    const source = metadataSource({ issuer }, environment)
    await source()
    documents[`${issuer}/.well-known/openid-configuration`] = { issuer, token_endpoint: `${issuer}/moved` }
    await environment.pass(day)
    expect((await source()).token_endpoint).toBe(`${issuer}/token`)
    await environment.pass(10)
    expect((await source()).token_endpoint).toBe(`${issuer}/moved`)
  })

  it('P-187 are used on while the server cannot be asked, however it fails', async () => {
    const documents: Record<string, unknown> = { [`${issuer}/.well-known/openid-configuration`]: found }
    const { asked, environment } = site(documents)
    const source = metadataSource({ issuer }, environment)
    await source()
    for (const failure of [
      new TypeError('fetch failed'),
      new Response('', { status: 503 }),
      { ...found, issuer: 'https://b' },
    ]) {
      documents[`${issuer}/.well-known/openid-configuration`] = failure
      await environment.pass(day)
      expect(await source()).toEqual(found)
      await environment.pass(10)
    }
    expect(asked.length).toBeGreaterThanOrEqual(4)
  })

  it('P-012 are not waited for longer than five seconds, and asked for anew after that', async () => {
    let isHanging = true
    const environment = new FakeEnvironment(() =>
      isHanging ? new Promise(() => undefined) : Promise.resolve(Response.json(found)),
    )
    const source = metadataSource({ issuer }, environment)
    expect(await environment.passUntil(failing(source))).toMatchObject({ code: 'unavailable' })
    expect(environment.time.now).toBeLessThan(5200)
    isHanging = false
    expect(await source()).toEqual(found)
  })

  it('P-187 that came too late for who asked are there for the next', async () => {
    let answer: ((response: Response) => void) | undefined
    let requests = 0
    const environment = new FakeEnvironment(() => {
      requests++
      return new Promise((resolve) => (answer = resolve))
    })
    const source = metadataSource({ issuer }, environment)
    await environment.passUntil(failing(source))
    answer?.(Response.json(found))
    await environment.pass(1)
    expect(await source()).toEqual(found)
    expect(requests).toBe(1)
  })

  it('P-187 let a renewal succeed while discovery is down', async () => {
    let isDown = false
    const { asked, environment } = site({ [`${issuer}/.well-known/openid-configuration`]: found })
    const discovering = environment.fetch
    environment.fetch = (...request) =>
      isDown ? Promise.reject(new TypeError('fetch failed')) : discovering(...request)
    const source = metadataSource({ issuer }, environment)
    const tokens = { access_token: 'access-2', expires_in: 3600 }
    const { manager, environment: other } = manage(() => Promise.resolve(Response.json(tokens)), { metadata: source })
    await manager.setTokens({ refresh_token: 'refresh-1' })
    await other.passUntil(manager.renew())
    isDown = true
    await environment.pass(2 * day)
    await other.pass(60_000)
    expect(await other.passUntil(manager.renew())).toMatchObject({ accessToken: 'access-2' })
    expect(manager.getSnapshot()).toMatchObject({ status: 'active', generation: 2 })
    expect(asked).toHaveLength(1)
  })

  it('a session survives that discovery was never possible: nothing was sent, so nothing is in doubt', async () => {
    const metadata = () => Promise.reject(new Error('discovery is down'))
    const { manager, environment, record } = manage(() => Promise.reject(new Error('unreachable')), { metadata })
    await manager.setTokens({ refresh_token: 'refresh-1' })
    const outcome = environment.passUntil(manager.getAccessToken().catch((error: EvergrantError) => error))
    expect(await outcome).toMatchObject({ code: 'unavailable' })
    expect(await record()).toMatchObject({ state: 'live', intent: { inDoubt: false } })
  })
})
