import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { clientSecretBasic, createTokenManager, type EvergrantError, type TokenManager } from 'evergrant'
import { commonFaults, createAuthorizationServer, type AuthorizationServer, type Fault } from 'evergrant/testing'

let server: AuthorizationServer
let tokens: TokenManager

/** Everything of the authorization server is served by the test server; its dropped connections become network errors. */
const network = setupServer(
  http.all('https://as.example/*', ({ request }) => server.handle(request).catch(() => HttpResponse.error())),
)

beforeAll(() => network.listen({ onUnhandledRequest: 'error' }))

beforeEach(async () => {
  server = createAuthorizationServer({ rotation: { graceSeconds: 30 } })
  tokens = createTokenManager({ issuer: 'https://as.example', clientId: 'client' })
  await tokens.setTokens(await server.signIn({ scope: 'openid offline_access' }), aMinuteAgo())
})

afterEach(() => {
  tokens.dispose()
  network.resetHandlers()
})

afterAll(() => network.close())

/** A token of the last five seconds counts as new even where a new one is asked for, so the sign-in was earlier. */
function aMinuteAgo(): { receivedAt: number } {
  return { receivedAt: Date.now() - 60_000 }
}

/** What an app does with its token. */
async function whoAmI(): Promise<unknown> {
  const headers = { authorization: `Bearer ${await tokens.getAccessToken()}` }
  return (await fetch('https://as.example/resource', { headers })).json()
}

describe('an app behind msw', () => {
  test('calls its API with the token of the sign-in', async () => {
    expect(await whoAmI()).toEqual({ subject: 'alice' })
    expect(server.tokenRequests).toBe(0)
  })

  test('renews its token, having asked the issuer where', async () => {
    const { accessToken, identity } = await tokens.renew()
    expect(server.inspect(accessToken)).toMatchObject({ kind: 'access', isUsable: true })
    expect(identity).toMatchObject({ iss: 'https://as.example', sub: 'alice' })
    expect(server.redemptions).toMatchObject([{ depth: 0, outcome: 'accepted' }])
    expect(await whoAmI()).toEqual({ subject: 'alice' })
  })

  test('learns that its session was revoked', async () => {
    server.revoke(0)
    await expect(tokens.renew()).rejects.toMatchObject({ code: 'login_required' })
    expect(tokens.getSnapshot()).toMatchObject({ status: 'ended', reason: 'expired_or_revoked' })
  })

  const passing: [string, Fault, string[]][] = [
    ['a request that is dropped', { type: 'drop-request' }, ['accepted']],
    ['an answer that is dropped', { type: 'drop-response' }, ['accepted', 'repeated']],
    ['an answer that breaks off', { type: 'truncate', bytes: 40 }, ['accepted', 'repeated']],
    ['a server that fails after it has acted', { type: 'error-after-commit' }, ['accepted', 'repeated']],
    ['the page of a hotel', commonFaults.captivePortal(), ['accepted']],
    ['a redirect', commonFaults.redirect('https://portal.example'), ['accepted']],
  ]

  test.each(passing)('gets over %s within one call', async (_what, fault, outcomes) => {
    const failures: EvergrantError[] = []
    tokens.on('error', ({ error }) => failures.push(error))
    server.failNext(fault)
    const { accessToken } = await tokens.renew()
    expect(server.inspect(accessToken)?.isUsable).toBe(true)
    expect(failures).toMatchObject([{ code: 'unavailable' }])
    expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(outcomes)
  })

  test('is told when to come again by a server that has no time, and keeps its token until then', async () => {
    server.failNext(commonFaults.tooManyRequests({ 'retry-after': '60' }))
    const calledAt = Date.now()
    const failure = (await tokens.renew().catch((error: unknown) => error)) as EvergrantError
    expect(failure).toMatchObject({ code: 'unavailable', status: 429 })
    expect(failure.retryAt).toBeGreaterThanOrEqual(calledAt + 60_000)
    expect(await whoAmI()).toEqual({ subject: 'alice' })
  })
})

test('a web client proves its identity behind msw, too', async () => {
  server = createAuthorizationServer({ clients: { web: { secret: 's3cret:/+ %&é' } } })
  const web = createTokenManager({
    issuer: 'https://as.example',
    clientId: 'web',
    clientAuth: clientSecretBasic('s3cret:/+ %&é'),
  })
  await web.setTokens(await server.signIn({ clientId: 'web' }), aMinuteAgo())
  expect(server.inspect((await web.renew()).accessToken)?.isUsable).toBe(true)
  web.dispose()
})
