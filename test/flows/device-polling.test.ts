import { commonFaults, DroppedConnection } from 'evergrant/testing'
import { describe, expect, test, vi } from 'vitest'
import { answerTokenRequests, fakeDevice, refusal, type FakeDevice } from './fake-device.js'
import { changeJson } from './watched-server.js'

const pending = (status?: number): Response => refusal('authorization_pending', status)
const changeAnswer = (change: (body: Record<string, unknown>) => void) => changeJson('/device_authorization', change)

/** Lets the user say yes, and the device learn of it. */
async function signInTo(device: FakeDevice): Promise<void> {
  device.server.decideDevice(device.prompt.userCode, { subject: 'bob' })
  expect(await device.end()).toBe('signed in')
  expect(device.server.inspect(await device.tokens.getAccessToken())).toMatchObject({ subject: 'bob' })
}

describe('P-190 a device waits before each request for tokens', () => {
  test('as long as the server says', async () => {
    const device = fakeDevice({ deviceIntervalSeconds: 7 })
    await device.start()
    await device.pass(22)
    expect(device.askedAt).toEqual([7, 14, 21])
    await signInTo(device)
    expect(device.askedAt).toEqual([7, 14, 21, 28])
  })

  test.each([[undefined], [null], [0], [-1], [0.2], ['soon'], ['']])(
    '5 s where the server says %j',
    async (interval) => {
      const device = fakeDevice({ intercept: changeAnswer((body) => Object.assign(body, { interval })) })
      await device.start()
      await device.pass(16)
      expect(device.askedAt).toEqual([5, 10, 15])
    },
  )

  test('also when the code is shown so slowly that one is due by then, and asks while it is still shown', async () => {
    const device = fakeDevice()
    await device.start({ onPrompt: () => new Promise(() => undefined) })
    await device.pass(11)
    expect(device.askedAt).toEqual([5, 10])
  })

  test('also after an answer that took its time', async () => {
    const device = fakeDevice()
    device.server.failNext({ type: 'delay', responseMs: 4000 })
    await device.start()
    await device.pass(15)
    expect(device.askedAt).toEqual([5, 14])
  })
})

describe('P-191 slow_down', () => {
  test('adds 5 s, for all later requests', async () => {
    const device = fakeDevice({ intercept: answerTokenRequests(refusal('slow_down'), pending(), refusal('slow_down')) })
    await device.start()
    await device.pass(61)
    expect(device.askedAt).toEqual([5, 15, 25, 40, 55])
    await signInTo(device)
  })

  test.each([
    ['a longer interval', { interval: 20 }, [5, 25, 45]],
    ['one as text', { interval: '20' }, [5, 25, 45]],
    ['a shorter one, which counts less than the rule,', { interval: 1 }, [5, 15, 25, 35, 45]],
  ])('may come with %s', async (_what, more, expected) => {
    const device = fakeDevice({ intercept: answerTokenRequests(refusal('slow_down', 400, more)) })
    await device.start()
    await device.pass(46)
    expect(device.askedAt).toEqual(expected)
  })

  test.each([200, 403, 428, 429])('may come with status %i', async (status) => {
    const device = fakeDevice({ intercept: answerTokenRequests(refusal('slow_down', status)) })
    await device.start()
    await device.pass(26)
    expect(device.askedAt).toEqual([5, 15, 25])
  })
})

describe('P-192', () => {
  test('authorization_pending goes on', async () => {
    const device = fakeDevice({ intercept: answerTokenRequests(...Array.from({ length: 9 }, () => pending())) })
    await device.start()
    await signInTo(device)
    expect(device.askedAt).toHaveLength(10)
  })

  test.each([
    ['access_denied', 'denied'],
    ['authorization_declined', 'denied'],
    ['expired_token', 'login_required'],
    ['invalid_grant', 'login_required'],
    ['invalid_client', 'misconfigured'],
    ['unsupported_grant_type', 'misconfigured'],
  ])('%s ends the sign-in as %s', async (error, code) => {
    const intercept = answerTokenRequests(pending(), refusal(error, 400, { error_description: 'Not today.' }))
    const device = fakeDevice({ intercept })
    await device.start()
    expect(await device.end()).toMatchObject({ code, error, errorDescription: 'Not today.', status: 400 })
    await device.pass(60)
    expect(device.askedAt).toEqual([5, 10])
  })

  test.each([
    [{ error: 'access_denied' }, { code: 'denied' }],
    [
      { error: 'expired_token' },
      { code: 'login_required', message: expect.stringContaining('start the sign-in again') },
    ],
  ])('what a user has decided is learned from the server: %j', async (decision, expected) => {
    const device = fakeDevice()
    await device.start()
    device.server.decideDevice(device.prompt.userCode, decision)
    expect(await device.end()).toMatchObject({ ...decision, ...expected, loginRequired: expected.code !== 'denied' })
  })
})

describe('P-193 while no answer comes', () => {
  const dropped = (): Error => new DroppedConnection()

  test('the device asks less and less often, up to once a minute, and as often as before after an answer', async () => {
    const intercept = answerTokenRequests(...Array.from({ length: 5 }, dropped), pending(), pending())
    const device = fakeDevice({ intercept })
    await device.start()
    await device.pass(210)
    expect(device.askedAt).toEqual([5, 15, 35, 75, 135, 195, 200, 205, 210])
    await signInTo(device)
  })

  test.each([
    ['status 500', () => refusal('authorization_failed', 500), [5, 15, 20]],
    ['status 503', () => new Response('', { status: 503 }), [5, 15, 20]],
    ['status 429', () => new Response('', { status: 429, headers: { 'retry-after': '30' } }), [5, 35, 40]],
    ['the page of a hotel', () => new Response('<h1>Welcome</h1>'), [5, 15, 20]],
  ])('but %s does, the same', async (_what, answer, expected) => {
    const device = fakeDevice({ intercept: answerTokenRequests(answer()) })
    await device.start()
    await device.pass(expected.at(-1) ?? 0)
    expect(device.askedAt).toEqual(expected)
    await signInTo(device)
  })

  test('for 30 s, it counts as lost', async () => {
    const device = fakeDevice({ intercept: answerTokenRequests('never') })
    await device.start()
    await device.pass(50)
    expect(device.askedAt).toEqual([5, 45.05])
    await signInTo(device)
  })
})

describe('P-194 a code that expires', () => {
  test.each([
    [12, [5, 10]],
    [10, [5]],
    ['12', [5, 10]],
    [3, []],
  ])('after %j s is not asked for after that, and says to start again', async (expires_in, expected) => {
    const device = fakeDevice({ intercept: changeAnswer((body) => Object.assign(body, { expires_in })) })
    await device.start()
    await device.pass(Number(expires_in) - 0.5)
    expect(device.outcome).toBe('waiting')
    await device.pass(1)
    expect(device.outcome).toMatchObject({ code: 'login_required', error: 'expired_token', loginRequired: true })
    await device.pass(60)
    expect(device.askedAt).toEqual(expected)
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each([-3_600_000, 3_600_000])('does so by a clock that nobody sets, such as by %i ms', async (ms) => {
    const device = fakeDevice({
      deviceCodeSeconds: 20,
      intercept: answerTokenRequests(pending(), pending(), pending()),
    })
    await device.start()
    await device.pass(7)
    vi.setSystemTime(Date.now() + ms)
    await device.pass(14)
    expect(device.askedAt).toEqual([5, 10, 15])
    expect(device.outcome).toMatchObject({ code: 'login_required', error: 'expired_token' })
  })

  test('is not asked for any more where the server wants to be asked later than that, however much', async () => {
    const headers = { 'retry-after': '9999999999' }
    const device = fakeDevice({ intercept: answerTokenRequests(new Response('', { status: 429, headers })) })
    await device.start()
    expect(await device.end()).toMatchObject({ code: 'login_required', error: 'expired_token' })
    expect(device.askedAt).toEqual([5])
  })

  test.each([[9_999_999_999], [undefined]])('in %j seconds is asked for meanwhile', async (expires_in) => {
    const device = fakeDevice({ intercept: changeAnswer((body) => Object.assign(body, { expires_in })) })
    await device.start()
    await device.pass(11)
    expect(device.askedAt).toEqual([5, 10])
    await signInTo(device)
  })

  test('while the tokens are on their way still signs in', async () => {
    const device = fakeDevice({ deviceCodeSeconds: 12 })
    device.server.failNext({ type: 'delay' }, { type: 'delay', responseMs: 6000 })
    await device.start()
    await device.pass(8)
    await signInTo(device)
    expect(device.askedAt).toEqual([5, 10])
    const lateAt = Date.now() + 3_600_000
    expect(device.tokens.getSnapshot()).toMatchObject({ expiresAt: lateAt - 6000 })
  })
})

test.each([200, 400, 403, 428])('P-195 a pending answer may have status %i', async (status) => {
  const device = fakeDevice({ intercept: answerTokenRequests(pending(status), pending(status)) })
  await device.start()
  await device.pass(11)
  expect(device.askedAt).toEqual([5, 10])
  await signInTo(device)
})

describe('P-196', () => {
  test('the verification_url, the text for a number and the message of some servers are understood', async () => {
    const device = fakeDevice({
      intercept: changeAnswer((body) => {
        Object.assign(body, { verification_url: body.verification_uri, interval: '2', message: 'Go there.' })
        delete body.verification_uri
        delete body.verification_uri_complete
      }),
      deviceIntervalSeconds: 2,
    })
    await device.start()
    expect(device.prompt).toMatchObject({
      verificationUri: 'https://as.example/device',
      verificationUriComplete: undefined,
      message: 'Go there.',
    })
    await device.pass(5)
    expect(device.askedAt).toEqual([2, 4])
    await signInTo(device)
  })
})

describe('an answer that is lost', () => {
  test.each([
    ['with the connection', { type: 'drop-response' }],
    ['in the middle', { type: 'truncate', bytes: 20 }],
    ['behind an error', { type: 'error-after-commit' }],
  ] as const)('%s may have held the tokens, which the server does not give twice', async (_how, fault) => {
    const device = fakeDevice()
    device.server.failNext(fault)
    await device.start()
    device.server.decideDevice(device.prompt.userCode, { subject: 'bob' })
    expect(await device.end()).toMatchObject({
      code: 'lost_in_flight',
      error: 'invalid_grant',
      loginRequired: true,
      message: expect.stringContaining('start the sign-in again'),
    })
  })

  test('costs nothing where the server gives them again', async () => {
    const device = fakeDevice({ intercept: answerTokenRequests(new DroppedConnection()) })
    await device.start()
    await signInTo(device)
    expect(device.askedAt).toEqual([5, 15])
  })

  test('is not suspected when the user said no', async () => {
    const device = fakeDevice({ intercept: answerTokenRequests(new DroppedConnection()) })
    await device.start()
    device.server.decideDevice(device.prompt.userCode, { error: 'access_denied' })
    expect(await device.end()).toMatchObject({ code: 'denied', error: 'access_denied' })
  })

  test.each([
    ['a server that was merely busy', commonFaults.unavailable()],
    ['an answer of yes or no', undefined],
  ])('is not suspected after %s', async (_what, fault) => {
    const device = fakeDevice()
    if (fault) device.server.failNext(fault, { type: 'respond', status: 400, body: { error: 'invalid_grant' } })
    else device.server.failNext({ type: 'respond', status: 400, body: { error: 'invalid_grant' } })
    await device.start()
    expect(await device.end()).toMatchObject({ code: 'login_required', error: 'invalid_grant' })
  })
})
