import { clientCredentials, isEvergrantError, type MapAnswer } from 'evergrant'
import { describe, expect, test } from 'vitest'
import { ask, type AskOptions } from '../support/asking.js'
import { everythingIn } from '../support/everything.js'
import { answering, manage } from '../support/managed.js'

const answer = { access_token: 'access-2', refresh_token: 'refresh-2', expires_in: 3600, token_type: 'bot' }

/** What comes of an answer, as a mapping understands it. */
async function understood(mapResponse: MapAnswer, body: unknown = answer, status = 200) {
  const { granted, error } = await ask(() => Response.json(body, { status }), { mapResponse })
  if (error) throw error
  return granted
}

/** The error of a refusal, as a mapping understands it. */
async function refused(mapError: MapAnswer | undefined, body: unknown, status = 400, more: AskOptions = {}) {
  const { error } = await ask(() => Response.json(body, { status }), { mapError, ...more })
  if (!isEvergrantError(error)) throw new Error('it was not refused')
  return error
}

describe('what a mapping makes of an answer with tokens', () => {
  test('is laid over what the server sent, the rest of which stays', async () => {
    const granted = await understood(({ token_type }) => ({ token_type: token_type === 'bot' ? 'Bearer' : 'unknown' }))
    expect(granted?.response).toEqual({ ...answer, token_type: 'Bearer' })
    expect(granted?.problem).toBeUndefined()
  })

  test('takes away what it says is null, and nothing by not speaking of it', async () => {
    const granted = await understood(() => ({ refresh_token: undefined, expires_in: null, scope: 'a' }))
    expect(granted?.response).toEqual({ ...answer, expires_in: null, scope: 'a' })
  })

  test('may be where the tokens are', async () => {
    const granted = await understood(({ authed_user }) => authed_user as Readonly<Record<string, unknown>>, {
      authed_user: answer,
    })
    expect(granted?.response).toMatchObject(answer)
  })

  test.each<[string, MapAnswer]>([
    ['throws', () => Object(undefined).nothing.there as never],
    ['throws what it was given', (body) => raise(body)],
    ['throws a text', () => raise('refresh-2')],
    ['goes round in circles', (body) => Object.assign(Object(body), { itself: body })],
    ['counts too far', () => ({ expires_in: 10n })],
    ['spoils what it was given first', (body) => raise(Object.assign(body, { refresh_token: '', access_token: '' }))],
  ])('P-045 loses no token when it %s: the answer counts as it came', async (_, mapResponse) => {
    const granted = await understood(mapResponse)
    expect(granted?.response).toEqual(answer)
    expect(granted?.problem).toMatchObject({ code: 'misconfigured' })
    expect(everythingIn(granted?.problem)).not.toMatch(/access-2|refresh-2/)
  })

  test.each<[string, unknown]>([
    ['a text', 'refresh-3'],
    ['a number', 42],
    ['null', null],
    ['a function', () => undefined],
    ['a promise', Promise.resolve({ refresh_token: 'refresh-3' })],
    ['members that nobody can store', { now: () => 0, sign: Symbol('sign') }],
  ])('P-045 is nothing when it is %s', async (_, nonsense) => {
    const granted = await understood(() => nonsense as never)
    expect(granted?.response).toEqual(answer)
    expect(granted?.problem).toBeUndefined()
  })

  test('is not asked for when the server refuses, nor is the mapping of errors when there are tokens', async () => {
    const asked: string[] = []
    const mappings = { mapResponse: note('response'), mapError: note('error') }
    function note(what: string): MapAnswer {
      return (_body, status) => void asked.push(`${what} ${status}`) as undefined
    }
    await ask(() => Response.json(answer), mappings)
    await ask(() => Response.json({ error: 'invalid_grant' }, { status: 400 }), mappings)
    await ask(() => Response.json({ ok: false }), mappings)
    expect(asked).toEqual(['response 200', 'error 400', 'response 200', 'error 200'])
  })
})

describe('what a mapping makes of a refusal', () => {
  const dead: MapAnswer = ({ status }) => ({ error: status === 'BAD_REFRESH_TOKEN' ? 'invalid_grant' : undefined })

  test('Q-HubSpot decides', async () => {
    const error = await refused(dead, { status: 'BAD_REFRESH_TOKEN', error: 'invalid_request' })
    expect(error).toMatchObject({ code: 'login_required', error: 'invalid_grant', status: 400 })
    expect(await refused(dead, { status: 'BAD_CLIENT_SECRET', error: 'invalid_client' })).toMatchObject({
      code: 'misconfigured',
      error: 'invalid_client',
    })
  })

  test('Q-GitHub Q-Slack decides with status 200 too', async () => {
    expect(await refused(dead, { status: 'BAD_REFRESH_TOKEN' }, 200)).toMatchObject({ code: 'login_required' })
  })

  test.each([408, 425, 429, 500, 502, 503, 504])(
    'P-072 never takes status %i for anything but temporary',
    async (status) => {
      const error = await refused(() => ({ error: 'invalid_grant' }), { error: 'whatever' }, status)
      expect(error.code).toBe('unavailable')
    },
  )

  test('P-074 may say that it is temporary, and for how long', async () => {
    const mapError: MapAnswer = () => ({ error: 'temporarily_unavailable', interval: 600 })
    const error = await refused(mapError, { error: 'Access Denied' })
    expect(error).toMatchObject({ code: 'unavailable', retryAt: Date.UTC(2026, 0, 1) + 600_000 })
  })

  test('is made of nothing when the server sent no JSON object', async () => {
    const seen: unknown[] = []
    const { error } = await ask(() => new Response('<h1>Forbidden</h1>', { status: 403 }), {
      mapError: (body, status) => void seen.push(body, status) as undefined,
    })
    expect(seen).toEqual([{}, 403])
    expect(error).toMatchObject({ code: 'misconfigured', status: 403 })
  })

  test('a mapping that throws ends nothing, whatever the server said', async () => {
    const mapError: MapAnswer = () => raise(new TypeError('refresh-1'))
    const error = await refused(mapError, { error: 'invalid_grant' })
    expect(error).toMatchObject({ code: 'misconfigured', message: 'mapError() failed: TypeError' })

    const { manager, environment, record } = manage(
      answering(Response.json({ error: 'invalid_grant' }, { status: 400 })),
      { mapError },
    )
    await manager.setTokens({ refresh_token: 'refresh-1' })
    const failure = environment.passUntil(manager.getAccessToken()).catch((error: unknown) => error)
    expect(await failure).toMatchObject({ code: 'misconfigured' })
    expect(await record()).toMatchObject({ state: 'live', refreshToken: 'refresh-1' })
    manager.dispose()
  })
})

test('P-045 a session goes on with the tokens of an answer that its mapping stumbled over', async () => {
  const mapResponse: MapAnswer = () => raise(new RangeError())
  const { manager, environment, record } = manage(answering({ ...answer, token_type: 'Bearer' }), { mapResponse })
  await manager.setTokens({ refresh_token: 'refresh-1' })
  expect(await environment.passUntil(manager.getAccessToken())).toBe('access-2')
  expect(await record()).toMatchObject({ state: 'live', generation: 1, refreshToken: 'refresh-2' })
  manager.dispose()
})

test('client credentials are understood in the same way', async () => {
  const granted = await clientCredentials()({
    refreshToken: undefined,
    scope: undefined,
    kind: { key: '', resource: [], scope: undefined },
    proofKey: undefined,
    now: () => 0,
    sending: () => () => undefined,
    client: {
      clientId: 'client',
      scope: undefined,
      prover: undefined,
      mapResponse: ({ token }) => ({ access_token: token }),
      metadata: () => Promise.reject(new Error('nobody asks')),
      post: () => Promise.resolve(Response.json({ token: 'access-1' })),
    },
  })
  expect(granted.response).toMatchObject({ access_token: 'access-1' })
})

function raise(what: unknown): never {
  throw what
}

test('a mapping that fails is told of, and the session goes on with the tokens as they came', async () => {
  const mapResponse: MapAnswer = () => raise(new TypeError('refresh-2'))
  const managed = manage(answering({ ...answer, token_type: 'Bearer' }), { mapResponse })
  const errors: string[] = []
  managed.manager.on('error', ({ error }) => errors.push(`${error.code}: ${error.message}`))
  await managed.manager.setTokens({ refresh_token: 'refresh-1' })
  expect(await managed.environment.passUntil(managed.manager.getAccessToken())).toBe('access-2')
  expect(errors).toEqual(['misconfigured: mapResponse() failed: TypeError'])
})
