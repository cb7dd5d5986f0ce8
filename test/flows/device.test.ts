import { clientSecretBasic, type EvergrantError } from 'evergrant'
import { createAuthorizationServer } from 'evergrant/testing'
import { describe, expect, test, vi } from 'vitest'
import { fakeDevice, type FakeDevice } from './fake-device.js'
import { answerAt, changeJson } from './watched-server.js'

/** What a sign-in fails with that never gets as far as to show a code. */
async function failureBeforePrompt(device: FakeDevice): Promise<unknown> {
  await device.start()
  const failure = await device.end()
  expect(() => device.prompt).toThrow()
  return failure
}

describe('a sign-in with a device', () => {
  test('F-064 F-070 shows where to go with which code, and signs the user in who says yes there', async () => {
    const device = fakeDevice({ scope: 'openid offline_access' })
    const askedAt = Date.now()
    await device.start()
    expect(device.prompt).toEqual({
      userCode: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
      verificationUri: 'https://as.example/device',
      verificationUriComplete: `https://as.example/device?user_code=${device.prompt.userCode}`,
      expiresAt: askedAt + 600_000,
      message: undefined,
    })
    await device.pass(12)
    expect(device.outcome).toBe('waiting')
    device.server.decideDevice(device.prompt.userCode, { subject: 'bob' })
    await device.pass(3)
    expect(await device.over).toBe('signed in')
    expect(device.tokens.getSnapshot()).toMatchObject({
      status: 'active',
      identity: { sub: 'bob', aud: 'client' },
      scope: 'openid offline_access',
      expiresAt: askedAt + 15_000 + 3_600_000,
    })
    expect(device.seen('/device_authorization')).toEqual([{ client_id: 'client', scope: 'openid offline_access' }])
    await device.pass(6)
    expect((await device.tokens.renew()).identity).toMatchObject({ sub: 'bob' })
    expect(device.server.redemptions).toMatchObject([{ outcome: 'accepted' }])
  })

  test('asks for another scope and more when it is told to', async () => {
    const device = fakeDevice({ intercept: changeJson('/token', (body) => delete body.scope) })
    await device.start({ scope: 'profile', additionalParameters: { audience: 'https://api.example' } })
    expect(device.seen('/device_authorization')).toEqual([
      { client_id: 'client', scope: 'profile', audience: 'https://api.example' },
    ])
    device.server.decideDevice(device.prompt.userCode, { subject: 'bob' })
    expect(await device.end()).toBe('signed in')
    expect(device.tokens.getSnapshot()).toMatchObject({ scope: 'profile' })
  })

  test.each(['scope', 'client_id'])('does not let further parameters set %s', async (name) => {
    const device = fakeDevice()
    await device.start({ additionalParameters: { [name]: 'x' } })
    expect(await device.end()).toMatchObject({ code: 'misconfigured' })
    expect(device.seen('/device_authorization')).toEqual([])
  })

  test('lets a web client prove who it is, in both of its requests', async () => {
    const clients = { web: { secret: 's3cret' } }
    const device = fakeDevice({ clients, clientId: 'web', clientAuth: clientSecretBasic('s3cret') })
    await device.start()
    device.server.decideDevice(device.prompt.userCode, { subject: 'bob' })
    expect(await device.end()).toBe('signed in')
    expect(device.seen('/device_authorization')).toEqual([{ scope: 'offline_access' }])
  })

  test('signs nobody in with an ID token for somebody else, and leaves alone who was signed in', async () => {
    const { id_token } = await createAuthorizationServer().signIn({ clientId: 'other', scope: 'openid' })
    const device = fakeDevice({ intercept: changeJson('/token', (body) => Object.assign(body, { id_token })) })
    await device.tokens.setTokens(await device.server.signIn({ subject: 'alice' }))
    const before = await device.tokens.getAccessToken()
    await device.start()
    device.server.decideDevice(device.prompt.userCode, { subject: 'bob' })
    expect(await device.end()).toMatchObject({ code: 'misconfigured' })
    expect(await device.tokens.getAccessToken()).toBe(before)
  })
})

describe('no code is shown', () => {
  test('by a server that does not know of devices', async () => {
    const intercept = changeJson('/.well-known/openid-configuration', (metadata) => {
      delete metadata.device_authorization_endpoint
    })
    expect(await failureBeforePrompt(fakeDevice({ intercept }))).toMatchObject({ code: 'unsupported' })
  })

  test.each([
    ['refuses the client with 401', { error: 'invalid_client' }, 401, 'misconfigured'],
    ['refuses it with 200', { error: 'device_flow_disabled' }, 200, 'misconfigured'],
    ['is busy', {}, 503, 'unavailable'],
    ['has no code', {}, 200, 'unavailable'],
    [
      'sends the user into the open',
      { device_code: 'd', user_code: 'u', verification_uri: 'http://x.example' },
      200,
      'misconfigured',
    ],
    ['sends the user nowhere', { device_code: 'd', user_code: 'u' }, 200, 'misconfigured'],
  ])('by a server that %s', async (_what, body, status, code) => {
    const intercept = answerAt('/device_authorization', () => Response.json(body, { status }))
    expect(await failureBeforePrompt(fakeDevice({ intercept }))).toMatchObject({ code })
  })

  test('by a server that does not answer within ten seconds', async () => {
    const device = fakeDevice({
      intercept: (request, pass) =>
        request.url.endsWith('/device_authorization') ? new Promise(() => undefined) : pass(request),
    })
    const startedAt = performance.now()
    expect(await failureBeforePrompt(device)).toMatchObject({ code: 'unavailable' })
    expect(performance.now() - startedAt).toBeLessThan(11_000)
  })
})

describe('the sign-in is given up', () => {
  const aborted = { name: 'EvergrantError', code: 'aborted' }

  /** Expects that nothing goes on: no timer, and no request however long one waits. */
  async function expectSilence(device: FakeDevice): Promise<void> {
    const asked = device.askedAt.length
    await device.pass(30)
    expect(device.askedAt).toHaveLength(asked)
    expect(vi.getTimerCount()).toBe(0)
    expect(device.tokens.getSnapshot().status).not.toBe('active')
  }

  test('before it begins', async () => {
    const device = fakeDevice()
    await device.start({ signal: AbortSignal.abort() })
    expect(device.outcome).toMatchObject(aborted)
    expect(device.seen('/device_authorization')).toEqual([])
    await expectSilence(device)
  })

  test.each([
    ['while the code is asked for', '/device_authorization', 0],
    ['while the tokens are asked for', '/token', 5],
  ])('%s', async (_when, path, seconds) => {
    const device = fakeDevice({
      intercept: (request, pass) => (request.url.endsWith(path) ? new Promise(() => undefined) : pass(request)),
    })
    const controller = new AbortController()
    await device.start({ signal: controller.signal })
    await device.pass(seconds)
    expect([device.seen(path).length, device.outcome]).toEqual([1, 'waiting'])
    controller.abort()
    await device.pass(0.01)
    expect(device.outcome).toMatchObject(aborted)
    await expectSilence(device)
  })

  test('while the user is waited for', async () => {
    const device = fakeDevice()
    const controller = new AbortController()
    await device.start({ signal: controller.signal })
    await device.pass(7)
    controller.abort()
    await device.pass(0.01)
    expect(device.outcome).toMatchObject(aborted)
    device.server.decideDevice(device.prompt.userCode, { subject: 'bob' })
    await expectSilence(device)
  })

  test.each([
    [
      'at once',
      () => {
        throw new Error('no screen')
      },
    ],
    [
      'later',
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 6000))
        throw new Error('no screen')
      },
    ],
  ])('when the code cannot be shown, which turns out %s', async (_when, onPrompt) => {
    const device = fakeDevice()
    await device.start({ onPrompt })
    expect(await device.end()).toEqual(new Error('no screen'))
    await expectSilence(device)
  })
})

test('a device code never shows in an error', async () => {
  let deviceCode = ''
  const device = fakeDevice({
    async intercept(request, pass) {
      if (!request.url.endsWith('/token')) return pass(request)
      deviceCode = new URLSearchParams(await request.text()).get('device_code') ?? ''
      return Response.json({ error: deviceCode, error_description: `What is ${deviceCode}?` }, { status: 400 })
    },
  })
  await device.start()
  const failure = (await device.end()) as EvergrantError
  expect(failure).toMatchObject({ code: 'misconfigured', errorDescription: 'What is [secret]?' })
  expect(deviceCode).not.toBe('')
  expect(JSON.stringify(failure) + failure.message + failure.stack).not.toContain(deviceCode)
})
