import {
  clientSecretBasic,
  createTokenPool,
  EvergrantError,
  memoryStore,
  revoke,
  type TokenEvent,
  type TokenManager,
} from 'evergrant'
import { commonFaults, type Fault } from 'evergrant/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { BrittleStore } from '../support/brittle-store.js'
import { everythingIn } from '../support/everything.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerAt, refusal, signedInAt } from './signed-in-at.js'
import { answerAt, changeMetadata, watchServer, type WatchedServer } from './watched-server.js'

const path = '/revoke'

/** What a manager tells its listeners. */
function eventsOf(manager: TokenManager): string[] {
  const events: string[] = []
  const types: readonly TokenEvent['type'][] = ['adopted', 'renewed', 'ended', 'signedOut', 'warning', 'error']
  for (const type of types) manager.on(type, ({ type }) => events.push(type))
  return events
}

/** The kinds of tokens that a server was asked to revoke, in order. */
function asked(watched: WatchedServer): unknown[] {
  return watched.seen(path).map(({ token_type_hint }) => token_type_hint)
}

afterEach(() => vi.useRealTimers())

describe('revoking the refresh token', () => {
  test('P-170 F-062 ends the session: at the server, here, and for other holders', async () => {
    const watched = watchServer()
    const store = memoryStore()
    const manager = await signedInAt(watched, { store })
    const other = managerAt(watched, { store, autoRenew: true })
    const accessToken = await other.getAccessToken()
    const events = [eventsOf(manager), eventsOf(other)]
    await revoke(manager)
    expect(manager.getSnapshot()).toMatchObject({ status: 'signed_out' })
    await expect(other.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
    expect(events).toEqual([['signedOut'], ['signedOut']])
    expect(watched.server.inspect(accessToken)?.isUsable).toBe(false)
    other.dispose()
  })

  test('P-170 is asked for by a form of a public client that names itself', async () => {
    const watched = watchServer()
    await revoke(await signedInAt(watched))
    expect(watched.seen(path)[0]).toEqual({
      client_id: 'client',
      token: expect.stringMatching(/^refresh/),
      token_type_hint: 'refresh_token',
    })
  })

  test('P-027 is asked for by a web client with its secret', async () => {
    const watched = watchServer({ clients: { web: { secret: 's3cret' } } })
    await revoke(await signedInAt(watched, { clientId: 'web', clientAuth: clientSecretBasic('s3cret') }))
    expect(watched.server.revocations[0]).toMatchObject({ kind: 'refresh' })
    expect(watched.seen(path)[0]).not.toHaveProperty('client_id')
  })

  test('P-175 has the access tokens revoked after it', async () => {
    const watched = watchServer()
    await revoke(await signedInAt(watched))
    expect(asked(watched)).toEqual(['refresh_token', 'refresh_token', 'access_token'])
  })

  test('leaves whoever has signed in meanwhile alone', async () => {
    const watched = watchServer({
      async intercept(request, pass) {
        if (new URL(request.url).pathname === path) await signInBob()
        return pass(request)
      },
    })
    const store = memoryStore()
    const alice = await signedInAt(watched, { store })
    const other = managerAt(watched, { store })
    const signInBob = async () => other.setTokens(await watched.server.signIn({ clientId: 'client', subject: 'bob' }))
    await revoke(alice)
    expect(watched.server.inspect(await alice.getAccessToken())).toMatchObject({ subject: 'bob', isUsable: true })
  })

  test('P-171 is done also when the server does not know the token any more', async () => {
    const watched = watchServer()
    const manager = await signedInAt(watched)
    watched.server.revoke(0)
    await revoke(manager)
    expect(manager.getSnapshot()).toMatchObject({ status: 'signed_out' })
  })

  test.each([
    ['204', new Response(null, { status: 204 })],
    ['200 with words', new Response('done')],
    ['202 with JSON', Response.json({ ok: true }, { status: 202 })],
  ])('P-172 is done also when the server says so by a %s', async (_kind, answer) => {
    const watched = watchServer({ intercept: answerAt(path, () => answer.clone()) })
    const manager = await signedInAt(watched)
    await revoke(manager)
    expect(manager.getSnapshot()).toMatchObject({ status: 'signed_out' })
  })

  test('wins over a renewal under way, whose tokens are revoked too', async () => {
    const watched = watchServer({ fault: ({ url }) => (url.endsWith('/token') ? late : undefined) })
    const late: Fault = { type: 'delay', responseMs: 50 }
    const manager = managerAt(watched)
    await manager.setTokens(await watched.server.signIn(), { receivedAt: Date.now() - 10_000 })
    const renewal = refusal(manager.renew())
    await vi.waitFor(() => expect(watched.server.redemptions).toHaveLength(1))
    await revoke(manager)
    expect(await renewal).toMatchObject({ code: 'login_required' })
    await vi.waitFor(() => expect(asked(watched)).toHaveLength(5))
    expect(manager.getSnapshot()).toMatchObject({ status: 'signed_out' })
  })

  test('can be done through a pool', async () => {
    const { server, handle } = watchServer()
    const fetch: typeof globalThis.fetch = (input, init) => handle(new Request(input, init))
    const pool = createTokenPool({ issuer: server.issuer, clientId: 'client', fetch })
    const session = pool.session('alice')
    const { refresh_token } = await server.signIn()
    await session.setTokens({ refresh_token })
    await revoke(session)
    expect(server.inspect(String(refresh_token))?.isUsable).toBe(false)
    await expect(session.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
    pool.dispose()
  })
})

describe('revoking the access token', () => {
  test('leaves the session, and the next call gets a new one', async () => {
    const watched = watchServer()
    const manager = await signedInAt(watched)
    const first = await manager.getAccessToken()
    await revoke(manager, { token: 'access_token' })
    expect(watched.server.inspect(first)?.isUsable).toBe(false)
    expect(manager.getSnapshot()).toMatchObject({ status: 'active' })
    const second = await manager.getAccessToken()
    expect(watched.server.inspect(second)?.isUsable).toBe(true)
    expect(asked(watched)).toEqual(['access_token'])
    expect(watched.server.tokenRequests).toBe(1)
  })

  test('takes it from the other holders of the session, too', async () => {
    const watched = watchServer()
    const store = memoryStore()
    const manager = await signedInAt(watched, { store })
    const other = managerAt(watched, { store })
    const first = await other.getAccessToken()
    await revoke(manager, { token: 'access_token' })
    expect(await other.getAccessToken()).not.toBe(first)
    expect(await manager.getAccessToken()).toBe(await other.getAccessToken())
    expect(watched.server.tokenRequests).toBe(1)
  })

  test('has a new one fetched at once where tokens are renewed in the background', async () => {
    const watched = watchServer()
    const manager = await signedInAt(watched, { autoRenew: true })
    const first = await manager.getAccessToken()
    await revoke(manager, { token: 'access_token' })
    await vi.waitFor(() => expect(watched.server.tokenRequests).toBe(1))
    expect(await manager.getAccessToken()).not.toBe(first)
    manager.dispose()
  })

  test('of a resource leaves the others', async () => {
    const watched = watchServer()
    const manager = await signedInAt(watched)
    const resource = 'https://api.example'
    const usual = await manager.getAccessToken()
    const special = await manager.getAccessToken({ resource })
    await revoke(manager, { token: 'access_token', resource })
    expect(await manager.getAccessToken()).toBe(usual)
    expect(await manager.getAccessToken({ resource })).not.toBe(special)
    expect(watched.server.inspect(special)?.isUsable).toBe(false)
  })

  test('does not take a newer one away that came meanwhile', async () => {
    const watched = watchServer({
      async intercept(request, pass) {
        if (request.url.endsWith(path)) await other.renew()
        return pass(request)
      },
    })
    const store = memoryStore()
    const manager = await signedInAt(watched, { store })
    const other = managerAt(watched, { store })
    await manager.setTokens(await watched.server.signIn(), { receivedAt: Date.now() - 10_000 })
    await revoke(manager, { token: 'access_token' })
    expect(watched.server.tokenRequests).toBe(1)
    expect(watched.server.inspect(await manager.getAccessToken())?.isUsable).toBe(true)
    expect(watched.server.tokenRequests).toBe(1)
  })

  test('says so when it could not be erased here', async () => {
    const watched = watchServer()
    const store = new BrittleStore(new FakeEnvironment(), memoryStore(), false)
    const manager = await signedInAt(watched, { store })
    store.isReadOnly = true
    expect(await refusal(revoke(manager, { token: 'access_token' }))).toMatchObject({ code: 'storage_failed' })
    expect(watched.server.revocations).toMatchObject([{ kind: 'access' }])
  })
})

describe('when the server does not revoke', () => {
  test('P-189 because it offers no such thing, that is said', async () => {
    const watched = watchServer({ intercept: changeMetadata((metadata) => delete metadata.revocation_endpoint) })
    const manager = await signedInAt(watched)
    const error = await refusal(revoke(manager))
    expect(error).toMatchObject({ code: 'unsupported', message: expect.stringContaining('revocation_endpoint') })
    expect(manager.getSnapshot()).toMatchObject({ status: 'active' })
  })

  test.each(['access_token', 'refresh_token'] as const)(
    'P-174 because it cannot with an %s, that is said',
    async (token) => {
      const refused = { type: 'respond', status: 400, body: { error: 'unsupported_token_type' } } as const
      const watched = watchServer({ fault: ({ url }) => (url.endsWith(path) ? refused : undefined) })
      const error = await refusal(revoke(await signedInAt(watched), { token }))
      expect(error).toMatchObject({ code: 'unsupported', error: 'unsupported_token_type', status: 400 })
    },
  )

  test.each<[string, Fault, object]>([
    ['it is busy', commonFaults.unavailable(30), { code: 'unavailable', status: 503 }],
    ['a page of a hotel came', commonFaults.captivePortal(), { code: 'unavailable', status: 200 }],
    ['the connection failed', { type: 'drop-request' }, { code: 'unavailable' }],
    [
      'it refuses the client',
      { type: 'respond', status: 401, body: { error: 'invalid_client' } },
      { code: 'misconfigured', error: 'invalid_client' },
    ],
  ])('P-173 because %s, nothing has changed, and it can be tried again', async (_why, fault, expected) => {
    let faults = [fault]
    const watched = watchServer({ fault: ({ url }) => (url.endsWith(path) ? faults.shift() : undefined) })
    const manager = await signedInAt(watched)
    const before = await manager.getTokens()
    const events = eventsOf(manager)
    const error = await refusal(revoke(manager))
    expect(error).toBeInstanceOf(EvergrantError)
    expect(error).toMatchObject(expected)
    faults = [fault]
    expect(await refusal(revoke(manager, { token: 'access_token' }))).toMatchObject(expected)
    expect(await manager.getTokens()).toEqual(before)
    expect(events).toEqual([])
    await revoke(manager)
    expect(manager.getSnapshot()).toMatchObject({ status: 'signed_out' })
  })

  test('P-173 because it is busy, the error says when to ask again', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) })
    const fault = commonFaults.unavailable(30)
    const watched = watchServer({ fault: ({ url }) => (url.endsWith(path) ? fault : undefined) })
    const manager = await signedInAt(watched)
    expect(await refusal(revoke(manager))).toMatchObject({ code: 'unavailable', retryAt: Date.now() + 30_000 })
  })

  test('P-012 because it says nothing, that is known after ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] })
    const never = new Promise<Response>(() => undefined)
    const watched = watchServer({ intercept: (request, pass) => (request.url.endsWith(path) ? never : pass(request)) })
    const manager = await signedInAt(watched)
    const error = refusal(revoke(manager))
    await vi.advanceTimersByTimeAsync(10_100)
    expect(await error).toMatchObject({ code: 'unavailable' })
    expect(manager.getSnapshot()).toMatchObject({ status: 'active' })
  })

  test('P-055 no token comes out in the error', async () => {
    const token = 'a-secret-of-letters'
    const body = { error: `no ${token}`, error_description: `the token ${token} is bad` }
    const watched = watchServer({ intercept: answerAt(path, () => Response.json(body, { status: 400 })) })
    const manager = managerAt(watched)
    await manager.setTokens({ refresh_token: token })
    const error = await refusal(revoke(manager))
    expect(error).toMatchObject({ code: 'misconfigured', errorDescription: expect.any(String) })
    expect(everythingIn(error)).not.toContain(token)
  })
})

describe('there is nothing to revoke', () => {
  test('when nobody is signed in', async () => {
    expect(await refusal(revoke(managerAt(watchServer())))).toMatchObject({ code: 'login_required' })
  })

  test('when the session has no such token', async () => {
    const watched = watchServer()
    const manager = managerAt(watched)
    await manager.setTokens({ access_token: 'access', token_type: 'Bearer' })
    expect(await refusal(revoke(manager))).toMatchObject({ code: 'misconfigured' })
    expect(asked(watched)).toEqual([])
    expect(manager.getSnapshot()).toMatchObject({ status: 'active' })
  })
})
