import type { AuthorizationServer } from 'evergrant/testing'
import { createAuthorizationServer } from 'evergrant/testing'
import { expect, test } from 'vitest'
import { outcomes, type TokenAnswer } from './redeeming.js'

const granted = 'offline_access read write'

async function signedIn() {
  const server = createAuthorizationServer({ rotation: 'strict' })
  const { refresh_token } = await server.signIn({ scope: granted })
  return { server, refreshToken: String(refresh_token) }
}

/** Uses a refresh token for a scope. */
async function renew(server: AuthorizationServer, refreshToken: unknown, scope?: string): Promise<TokenAnswer> {
  const form = { grant_type: 'refresh_token', client_id: 'client', refresh_token: String(refreshToken) }
  const body = new URLSearchParams({ ...form, ...(scope !== undefined && { scope }) })
  const response = await server.handle(new Request(`${server.issuer}/token`, { method: 'POST', body }))
  return { status: response.status, body: (await response.json()) as TokenAnswer['body'] }
}

test.each(['admin', 'read admin', 'READ'])(
  'a renewal that asks for "%s", which was never granted, is refused and costs nothing',
  async (scope) => {
    const { server, refreshToken } = await signedIn()
    expect(await renew(server, refreshToken, scope)).toEqual({ status: 400, body: { error: 'invalid_scope' } })
    expect(outcomes(server)).toEqual([])
    expect((await renew(server, refreshToken)).status).toBe(200)
  },
)

test('a renewal that asks for less brings an access token for less, and the session keeps all', async () => {
  const { server, refreshToken } = await signedIn()
  const { body: less } = await renew(server, refreshToken, 'read')
  expect(less.scope).toBe('read')
  const statusFor = async (scope: string): Promise<number> => {
    const headers = { authorization: `Bearer ${String(less.access_token)}` }
    return (await server.handle(new Request(`${server.issuer}/resource?scope=${scope}`, { headers }))).status
  }
  expect([await statusFor('read'), await statusFor('write')]).toEqual([200, 403])
  const { body: all } = await renew(server, less.refresh_token, '')
  expect(all.scope).toBe(granted)
  expect((await renew(server, all.refresh_token, 'write')).body.scope).toBe('write')
})

test('introspection tells of an access token what it is good for, and of a refresh token all', async () => {
  const { server, refreshToken } = await signedIn()
  const { body } = await renew(server, refreshToken, 'read')
  const scopeOf = async (token: unknown): Promise<unknown> => {
    const form = new URLSearchParams({ client_id: 'client', token: String(token) })
    const response = await server.handle(new Request(`${server.issuer}/introspect`, { method: 'POST', body: form }))
    return ((await response.json()) as TokenAnswer['body']).scope
  }
  expect([await scopeOf(body.access_token), await scopeOf(body.refresh_token)]).toEqual(['read', granted])
})

test('a refresh token that is dead, or of another, is refused for that, whatever it is used for', async () => {
  const { server, refreshToken } = await signedIn()
  await renew(server, refreshToken)
  for (const token of [refreshToken, 'made up']) {
    expect(await renew(server, token, 'admin')).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  }
  expect(outcomes(server)).toEqual(['accepted', 'reuse', 'unknown'])
})
