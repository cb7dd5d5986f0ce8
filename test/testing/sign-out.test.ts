import { describe, expect, test } from 'vitest'
import { createAuthorizationServer, type AuthorizationServer } from 'evergrant/testing'
import { redeem, startServer, statusAtResource, successorOf } from './redeeming.js'
import { post } from './signing-in.js'

async function revoke(server: AuthorizationServer, token: unknown, clientId = 'client'): Promise<number> {
  return (await post(server, '/revoke', { token: String(token), client_id: clientId })).status
}

describe('revoking', () => {
  test('a refresh token ends its session, and no other', async () => {
    const { server, environment, refreshToken, accessToken } = await startServer()
    const other = await server.signIn()
    await environment.pass(1000)
    expect(await revoke(server, refreshToken)).toBe(200)
    expect(await statusAtResource(server, accessToken)).toBe(401)
    expect((await redeem(server, refreshToken)).status).toBe(400)
    expect(await successorOf(server, other.refresh_token)).toMatch(/^refresh/)
    expect(server.revocations).toEqual([{ at: environment.now(), kind: 'refresh', family: 0 }])
  })

  test('a refresh token that was replaced ends its session, too', async () => {
    const { server, refreshToken } = await startServer()
    const successor = await successorOf(server, refreshToken)
    expect(await revoke(server, refreshToken)).toBe(200)
    expect((await redeem(server, successor)).status).toBe(400)
  })

  test('an access token ends that token alone', async () => {
    const { server, refreshToken, accessToken } = await startServer()
    expect(await revoke(server, accessToken)).toBe(200)
    expect(await statusAtResource(server, accessToken)).toBe(401)
    expect(server.inspect(accessToken)?.isUsable).toBe(false)
    expect(await successorOf(server, refreshToken)).toMatch(/^refresh/)
    expect(server.revocations).toMatchObject([{ kind: 'access', family: 0 }])
  })

  test('what nobody knows is no error', async () => {
    const { server } = await startServer()
    expect(await revoke(server, 'made-up')).toBe(200)
    expect(server.revocations).toMatchObject([{ kind: 'unknown', family: undefined }])
  })

  test('nothing is an error', async () => {
    const { server } = await startServer()
    expect((await post(server, '/revoke', { client_id: 'client' })).status).toBe(400)
    expect(server.revocations).toEqual([])
  })

  test('takes a client that shows who it is, and a token of its own', async () => {
    const server = createAuthorizationServer({ clients: { client: {}, other: {}, web: { secret: 's3cret' } } })
    const { refresh_token, access_token } = await server.signIn({ clientId: 'web' })
    expect(await revoke(server, refresh_token, 'web')).toBe(401)
    expect(await revoke(server, refresh_token, 'other')).toBe(200)
    expect(await revoke(server, access_token, 'other')).toBe(200)
    expect(await statusAtResource(server, access_token)).toBe(200)
    const headers = { authorization: `Basic ${btoa('web:s3cret')}` }
    expect((await post(server, '/revoke', { token: String(refresh_token) }, headers)).status).toBe(200)
    expect(await statusAtResource(server, access_token)).toBe(401)
    expect(server.revocations.map(({ kind }) => kind)).toEqual(['unknown', 'unknown', 'refresh'])
  })

  test('goes wrong as `fault` says, and is none of the requests that `failNext` counts', async () => {
    const { server, refreshToken } = await startServer({
      fault: ({ url }) => (url.endsWith('/revoke') ? { type: 'error-after-commit', status: 503 } : undefined),
    })
    server.failNext({ type: 'respond', status: 429 })
    expect(await revoke(server, refreshToken)).toBe(503)
    expect(server.revocations).toHaveLength(1)
    expect(server.tokenRequests).toBe(0)
    expect((await server.handle(new Request('https://as.example/token', { method: 'POST' }))).status).toBe(429)
  })
})

describe('the logout endpoint', () => {
  const target = 'https://app.example/bye'

  /** Where a browser is sent that comes with these parameters, after the status. */
  async function logout(
    server: AuthorizationServer,
    parameters: Record<string, string>,
  ): Promise<[number, string | null]> {
    const query = new URLSearchParams(parameters)
    const { status, headers } = await server.handle(new Request(`${server.issuer}/logout?${query}`))
    return [status, headers.get('location')]
  }

  test('sends the browser back with the state, and ends nothing itself', async () => {
    const { server, environment, accessToken } = await startServer()
    const parameters = { client_id: 'client', post_logout_redirect_uri: target, state: 's' }
    expect(await logout(server, parameters)).toEqual([302, `${target}?state=s`])
    expect(await logout(server, { ...parameters, state: '' })).toEqual([302, `${target}?state=`])
    expect(await statusAtResource(server, accessToken)).toBe(200)
    const visit = { at: environment.now(), clientId: 'client', hasValidHint: false }
    expect(server.logouts).toEqual([visit, visit])
  })

  test('knows the client by an ID token that it issued, which the log does not hold', async () => {
    const { server } = await startServer()
    const { id_token } = await server.signIn({ scope: 'openid' })
    const parameters = { id_token_hint: String(id_token), post_logout_redirect_uri: target }
    expect(await logout(server, parameters)).toEqual([302, target])
    expect(server.logouts).toMatchObject([{ clientId: 'client', hasValidHint: true }])
    expect(JSON.stringify(server.logouts)).not.toContain(id_token)
  })

  test('does not take an ID token that was made up, or is for another client', async () => {
    const server = createAuthorizationServer({ clients: { client: {}, other: {} } })
    const { id_token } = await server.signIn({ scope: 'openid' })
    await logout(server, { id_token_hint: `${id_token}x`, client_id: 'client' })
    await logout(server, { id_token_hint: String(id_token), client_id: 'other' })
    expect(server.logouts.map(({ hasValidHint }) => hasValidHint)).toEqual([false, false])
  })

  test('shows a page to a browser that nobody waits for', async () => {
    const { server } = await startServer()
    expect(await logout(server, {})).toEqual([200, null])
  })

  test.each([
    ['an unknown client', { post_logout_redirect_uri: target }],
    ['an address that is none', { client_id: 'client', post_logout_redirect_uri: 'bye' }],
    ['an address that the client did not list', { client_id: 'listed', post_logout_redirect_uri: `${target}/more` }],
  ])('sends nobody anywhere for %s', async (_what, parameters) => {
    const server = createAuthorizationServer({ clients: { client: {}, listed: { postLogoutRedirectUris: [target] } } })
    expect(await logout(server, parameters)).toEqual([400, null])
    expect(await logout(server, { client_id: 'listed', post_logout_redirect_uri: target })).toEqual([302, target])
  })
})
