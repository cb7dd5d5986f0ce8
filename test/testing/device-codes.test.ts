import { createAuthorizationServer, type AuthorizationServer, type AuthorizationServerOptions } from 'evergrant/testing'
import { describe, expect, test } from 'vitest'
import type { FakeEnvironment } from '../support/fake-environment.js'
import { startServer, successorOf, type TokenAnswer } from './redeeming.js'
import { claimsOf, post, readJson, type Parameters } from './signing-in.js'

const clients = { client: {}, other: {}, web: { secret: 's3cret' } }

/** A device that has asked for a code. */
interface Device {
  readonly server: AuthorizationServer
  readonly environment: FakeEnvironment
  readonly body: Readonly<Record<string, unknown>>
  readonly userCode: string
  /** Asks for the tokens, when it is time. */
  ask(changes?: Parameters, headers?: Record<string, string>): Promise<TokenAnswer>
}

async function startDevice(options: AuthorizationServerOptions = {}, changes: Parameters = {}): Promise<Device> {
  const { server, environment } = await startServer({ clients, ...options })
  const form = { client_id: 'client', scope: 'openid offline_access', ...changes }
  const { body } = await readJson(await post(server, '/device_authorization', form))
  return {
    server,
    environment,
    body,
    userCode: String(body.user_code),
    async ask(changes, headers) {
      await environment.pass(5000)
      return askAtOnce(server, body.device_code, changes, headers)
    },
  }
}

async function askAtOnce(
  server: AuthorizationServer,
  deviceCode: unknown,
  changes: Parameters = {},
  headers?: Record<string, string>,
): Promise<TokenAnswer> {
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code'
  const form = { grant_type, device_code: String(deviceCode), client_id: 'client', ...changes }
  return readJson(await post(server, '/token', form, headers))
}

const refused = (error: string) => ({ status: 400, body: { error } })

describe('a device', () => {
  test('gets a code for its user to enter, and the tokens once somebody has', async () => {
    const { server, body, userCode, ask } = await startDevice()
    expect(body).toEqual({
      device_code: expect.stringMatching(/^device/),
      user_code: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
      verification_uri: 'https://as.example/device',
      verification_uri_complete: `https://as.example/device?user_code=${userCode}`,
      expires_in: 600,
      interval: 5,
    })
    expect(await ask()).toEqual(refused('authorization_pending'))
    server.decideDevice(userCode, { subject: 'bob', acr: 'phr' })
    const { status, body: tokens } = await ask()
    expect(status).toBe(200)
    expect(claimsOf(tokens.id_token)).toMatchObject({ sub: 'bob', aud: 'client', acr: 'phr' })
    expect(server.inspect(await successorOf(server, tokens.refresh_token))).toMatchObject({ subject: 'bob' })
  })

  test.each([
    ['without being asked for it', {}, { scope: undefined }],
    ['that may not give one', { offlineAccess: false }, {}],
  ])('gets no refresh token from a server %s', async (_what, options, changes) => {
    const { server, userCode, ask } = await startDevice(options, changes)
    server.decideDevice(userCode, { subject: 'bob' })
    const { status, body } = await ask()
    expect([status, body.refresh_token]).toEqual([200, undefined])
  })

  test('is told what its user has decided instead, once', async () => {
    const { server, userCode, ask } = await startDevice()
    server.decideDevice(userCode, { error: 'access_denied' })
    expect(await ask()).toEqual(refused('access_denied'))
    expect(await ask()).toEqual(refused('invalid_grant'))
  })

  test('gets the tokens once', async () => {
    const { server, userCode, ask } = await startDevice()
    server.decideDevice(userCode, { subject: 'bob' })
    expect((await ask()).status).toBe(200)
    expect(await ask()).toEqual(refused('invalid_grant'))
  })

  test('has to wait before it asks, for 5 s more each time it does not', async () => {
    const { server, environment, body } = await startDevice({ deviceIntervalSeconds: 2 })
    const ask = (): Promise<TokenAnswer> => askAtOnce(server, body.device_code)
    expect(await ask()).toEqual(refused('slow_down'))
    await environment.pass(6999)
    expect(await ask()).toEqual(refused('slow_down'))
    await environment.pass(12_000)
    expect(await ask()).toEqual(refused('authorization_pending'))
  })

  test('has to ask in time', async () => {
    const { server, userCode, ask } = await startDevice({ deviceCodeSeconds: 10 })
    expect(await ask()).toEqual(refused('authorization_pending'))
    server.decideDevice(userCode, { subject: 'bob' })
    expect(await ask()).toEqual(refused('expired_token'))
  })

  test('of another client, or with a code that nobody issued, gets nothing', async () => {
    const { server, userCode, ask } = await startDevice()
    server.decideDevice(userCode, { subject: 'bob' })
    expect(await ask({ client_id: 'other' })).toEqual(refused('invalid_grant'))
    expect(await ask({ device_code: 'made-up' })).toEqual(refused('invalid_grant'))
    expect((await ask()).status).toBe(200)
  })

  test('of a web client shows who it is', async () => {
    const headers = { authorization: `Basic ${btoa('web:s3cret')}` }
    const server = createAuthorizationServer({ clients })
    expect((await post(server, '/device_authorization', { client_id: 'web' })).status).toBe(401)
    expect((await post(server, '/device_authorization', {}, headers)).status).toBe(200)
  })

  test('meets what `fault` says', async () => {
    const server = createAuthorizationServer({
      fault: ({ url }) => (url.endsWith('/device_authorization') ? { type: 'respond', status: 503 } : undefined),
    })
    expect((await post(server, '/device_authorization', { client_id: 'client' })).status).toBe(503)
  })
})

test('nobody decides on a code that no device shows', async () => {
  const { server } = await startServer()
  expect(() => server.decideDevice('XXXX-XXXX', { subject: 'bob' })).toThrow('XXXX-XXXX')
})
