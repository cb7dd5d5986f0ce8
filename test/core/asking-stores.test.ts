import { expect, test } from 'vitest'
import { EvergrantError, type ErrorCode } from '../../src/core/errors.js'
import type { SessionRecord } from '../../src/core/record.js'
import type { TokenStore } from '../../src/core/store.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import { oauthClient } from '../../src/oauth/client.js'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { memoryStore } from '../../src/stores/memory.js'
import { BrittleStore } from '../support/brittle-store.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf, metadata } from '../support/managed.js'
import { failureOf } from './scripted-world.js'

/** A manager with the refresh token grant at the server that `environment` leads to. */
function open(environment: FakeEnvironment, store: TokenStore, autoRenew: boolean): TokenManager {
  const client = oauthClient({ metadata: () => Promise.resolve(metadata), clientId: 'client', environment })
  return managerOf(environment, { client, store, autoRenew, grant: refreshTokenGrant() })
}

function serverThatIsDown(): FakeEnvironment {
  return new FakeEnvironment(() => Promise.resolve(new Response('', { status: 503 })))
}

/** Counts how often `method` of a store is called. */
function count(store: TokenStore, method: 'read' | 'swap'): { calls: number } {
  const counter = { calls: 0 }
  const original = store[method].bind(store) as (...all: unknown[]) => never
  store[method] = (...all: unknown[]) => (counter.calls++, original(...all))
  return counter
}

/** A store that takes no writes while `isDown` says so, and gives an error of this code as the reason. */
function refusing(code: ErrorCode, isDown: () => boolean): TokenStore {
  const place = memoryStore()
  const swap: TokenStore['swap'] = (...all) =>
    isDown() ? Promise.reject(new EvergrantError(code, 'not now')) : place.swap(...all)
  return { ...place, swap }
}

const codes: ErrorCode[] = ['storage_failed', 'unavailable', 'misconfigured', 'denied', 'unsupported']

test.each(codes)(
  'tokens that a store refuses with an EvergrantError of code %s are kept, and stored later',
  async (code) => {
    const sent: (string | null)[] = []
    const environment = new FakeEnvironment((_input, init) => {
      sent.push(new URLSearchParams(String(init?.body)).get('refresh_token'))
      isDown = true
      environment.setTimer(() => (isDown = false), 2000)
      return Promise.resolve(Response.json({ access_token: 'access', refresh_token: 'second', expires_in: 3600 }))
    })
    let isDown = false
    const store = refusing(code, () => isDown)
    const manager = open(environment, store, true)
    await manager.setTokens({ refresh_token: 'first' })
    await environment.pass(60_000)
    expect(sent).toEqual(['first'])
    expect((await store.read('session'))?.record).toMatchObject({ state: 'live', refreshToken: 'second' })
    manager.dispose()
  },
)

test.each(codes)('a store that goes on to refuse with code %s stops renewals only until it is mended', async (code) => {
  let isDown = false
  const environment = new FakeEnvironment(() => {
    environment.setTimer(() => (isDown = false), 150_000)
    isDown = sent++ === 0
    return Promise.resolve(Response.json({ access_token: `access-${sent}`, refresh_token: 'next', expires_in: 120 }))
  })
  let sent = 0
  const store = refusing(code, () => isDown)
  const manager = open(environment, store, true)
  await manager.setTokens({ refresh_token: 'first' })
  await environment.pass(100_000)
  await environment.passUntil(manager.getAccessToken())
  await environment.pass(500_000)
  expect(sent).toBeGreaterThan(3)
  expect(manager.getSnapshot()).toMatchObject({ status: 'active', error: undefined })
  manager.dispose()
})

test('an error of a store that cannot be written down shows as any other', async () => {
  const environment = new FakeEnvironment()
  const circular: { cause?: unknown } = {}
  circular.cause = circular
  const error = Object.assign(new EvergrantError('storage_failed', 'not now'), circular)
  const manager = open(environment, { ...memoryStore(), read: () => Promise.reject(error) }, true)
  await environment.pass(5000)
  expect(manager.getSnapshot().error).toBe(error)
  manager.dispose()
})

test('many calls share their looks into a slow store, so that a sign-out need not wait for each of them', async () => {
  const environment = serverThatIsDown()
  const store = new BrittleStore(environment)
  const manager = open(environment, store, false)
  await manager.setTokens({ refresh_token: 'first' })
  store.latencyMs = 100
  for (let call = 0; call < 500; call++) {
    manager.getAccessToken().catch(() => undefined)
    await environment.pass(10)
  }
  const startedAt = environment.monotonic()
  await environment.passUntil(manager.signOut())
  expect(environment.monotonic() - startedAt).toBeLessThan(1000)
})

test('holders that wait for another to try again leave the store alone meanwhile', async () => {
  const environment = serverThatIsDown()
  const store = memoryStore()
  const looks = count(store, 'read')
  const managers = [1, 2, 3].map(() => open(environment, store, true))
  await managers[0]?.setTokens({ access_token: 'a', refresh_token: 'r', expires_in: 60 })
  await environment.pass(600_000)
  looks.calls = 0
  await environment.pass(300_000)
  expect(looks.calls).toBeGreaterThanOrEqual(10)
  expect(looks.calls).toBeLessThan(60)
  for (const manager of managers) manager.dispose()
})

test('a store that takes no writes is not asked at each call because somebody has died in a renewal', async () => {
  const environment = new FakeEnvironment()
  const store = new BrittleStore(environment)
  const manager = open(environment, store, false)
  await manager.setTokens({ refresh_token: 'r' })
  const { record, revision } = (await store.read('session')) ?? {}
  const intent = { owner: 'somebody who died', attempt: 1, beat: 0, inDoubt: false }
  await store.swap('session', revision, { ...record, intent } as SessionRecord)
  store.isReadOnly = true
  const writes = count(store, 'swap')
  for (let call = 0; call < 600; call++) {
    manager.getAccessToken().catch(() => undefined)
    await environment.pass(100)
  }
  expect(writes.calls).toBeGreaterThanOrEqual(6)
  expect(writes.calls).toBeLessThan(30)
})

/** As some libraries have it: the query runs each time somebody waits for it. */
function lazy<T>(query: () => Promise<T>): Promise<T> {
  const then: Promise<T>['then'] = (...handlers) => query().then(...handlers)
  return { then } as Promise<T>
}

test('a store is asked once although its queries run whenever somebody waits for them', async () => {
  const place = memoryStore()
  const [reads, swaps] = [count(place, 'read'), count(place, 'swap')]
  const { read, swap } = place
  const queries = {
    read: (key: string) => lazy(() => read(key)),
    swap: (...all: Parameters<typeof swap>) => lazy(() => swap(...all)),
  }
  const manager = open(serverThatIsDown(), { durability: 'strict', ...queries }, false)
  await manager.setTokens({ access_token: 'access', expires_in: 3600 })
  expect([reads.calls, swaps.calls]).toEqual([1, 1])
  manager.dispose()
})

test('a store that works again is no trouble any more, although a renewal that nobody needed yet has failed meanwhile', async () => {
  const environment = new FakeEnvironment()
  const store = new BrittleStore(environment)
  const grant = () => Promise.resolve({ response: { access_token: 'next', expires_in: 3600, refresh_token: 'next' } })
  const manager = managerOf(environment, { store, grant })
  await manager.setTokens({ access_token: 'first', expires_in: 3600, refresh_token: 'first' })
  await environment.pass(20_000)
  store.isReadOnly = store.isUnreadable = true
  const failure = failureOf(manager.renew())
  await environment.pass(12_000)
  expect(await failure).toMatchObject({ code: 'storage_failed' })
  expect(manager.getSnapshot().error).toMatchObject({ code: 'storage_failed' })
  store.isReadOnly = store.isUnreadable = false
  await environment.pass(3000)
  expect(manager.getSnapshot()).toMatchObject({ status: 'active', generation: 0, error: undefined })
  manager.dispose()
})

test('who asks for a renewal while the store is just back is not refused without a reason', async () => {
  const environment = new FakeEnvironment()
  const store = new BrittleStore(environment)
  const grant = () => Promise.resolve({ response: { access_token: 'next', expires_in: 3600, refresh_token: 'next' } })
  const manager = managerOf(environment, { store, grant, autoRenew: false })
  await manager.setTokens({ access_token: 'first', expires_in: 3600, refresh_token: 'first' })
  await environment.pass(20_000)
  store.isReadOnly = store.isUnreadable = true
  expect(await environment.passUntil(failureOf(manager.renew()))).toMatchObject({ code: 'storage_failed' })
  store.isReadOnly = store.isUnreadable = false
  expect(await environment.passUntil(manager.renew())).toMatchObject({ accessToken: 'next' })
  manager.dispose()
})
