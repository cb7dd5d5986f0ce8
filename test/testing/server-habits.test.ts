import { createAuthorizationServer, type Dialect } from 'evergrant/testing'
import { describe, expect, test } from 'vitest'
import { redeem, startServer, tokenRequest } from './redeeming.js'

const shouting: Dialect = ({ status, body }, form) => ({
  status: status === 400 ? 418 : status,
  headers: { 'x-grant': form.get('grant_type') ?? 'none' },
  body: { ...body, loud: true, ...(typeof body.error === 'string' && { error: body.error.toUpperCase() }) },
})

describe('a server with a dialect', () => {
  test('answers in it, whatever it has to say', async () => {
    const { server, refreshToken } = await startServer({ dialect: shouting })
    const granted = await server.handle(tokenRequest(server, refreshToken))
    expect([granted.status, granted.headers.get('x-grant')]).toEqual([200, 'refresh_token'])
    expect(await granted.json()).toMatchObject({ token_type: 'Bearer', loud: true })
    expect(await redeem(server, 'made up')).toMatchObject({ status: 418, body: { error: 'INVALID_GRANT', loud: true } })
    const stranger = await server.handle(tokenRequest(server, refreshToken, { clientId: 'stranger' }))
    expect(await stranger.json()).toMatchObject({ error: 'INVALID_CLIENT' })
    expect(stranger.headers.get('date')).not.toBeNull()
  })

  test('signs users in in it too', async () => {
    const server = createAuthorizationServer({ dialect: shouting })
    expect(await server.signIn()).toMatchObject({ token_type: 'Bearer', loud: true })
  })

  test('does not translate what others say on the way', async () => {
    const { server, refreshToken } = await startServer({ dialect: shouting })
    server.failNext({ type: 'respond', status: 400, body: { error: 'invalid_grant' } })
    expect(await redeem(server, refreshToken)).toEqual({ status: 400, body: { error: 'invalid_grant' } })
  })
})

test('an answer may be rewritten on its way, when the server has acted', async () => {
  const { server, refreshToken } = await startServer()
  server.failNext({ type: 'rewrite', rewrite: ({ scope }) => ({ scope, changed: true }) })
  expect(await redeem(server, refreshToken)).toEqual({ status: 200, body: { scope: 'offline_access', changed: true } })
  expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
})

test('refresh tokens are good for as long after the sign-in as the server says, however often they are replaced', async () => {
  const { server, environment, refreshToken } = await startServer({ refreshTokenSeconds: 100 })
  await environment.pass(60_000)
  const { body } = await redeem(server, refreshToken)
  expect(server.inspect(String(body.refresh_token))?.isUsable).toBe(true)
  await environment.pass(40_000)
  expect(server.inspect(String(body.refresh_token))?.isUsable).toBe(false)
  expect(await redeem(server, body.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted', 'dead'])
})

test('the access tokens of a session may end with the next answer, and those of others do not', async () => {
  const { server, refreshToken, accessToken } = await startServer({ onlyNewestAccessToken: true })
  const other = await server.signIn({ subject: 'bob' })
  const { body } = await redeem(server, refreshToken)
  const isUsable = [accessToken, body.access_token, other.access_token].map(
    (token) => server.inspect(String(token))?.isUsable,
  )
  expect(isUsable).toEqual([false, true, true])
})

test('a server may take what comes by HTTP Basic as it is, colons and all', async () => {
  const secret = 'a+b%20:c'
  const clients = { client: { secret, decodesBasic: false }, other: { secret } }
  const server = createAuthorizationServer({ clients })
  const statusOf = async (clientId: string, shown: string): Promise<number> => {
    const { refresh_token } = await server.signIn({ clientId })
    const authorization = `Basic ${btoa(`${clientId}:${shown}`)}`
    return (await server.handle(tokenRequest(server, refresh_token, { authorization }))).status
  }
  const encoded = new URLSearchParams({ '': secret }).toString().slice(1)
  expect([await statusOf('client', secret), await statusOf('client', encoded)]).toEqual([200, 401])
  expect([await statusOf('other', secret), await statusOf('other', encoded)]).toEqual([401, 200])
})
