import { describe, expect, test } from 'vitest'
import type { Granted } from '../../src/core/grant.js'
import type { TokenStore } from '../../src/core/store.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import { memoryStore } from '../../src/stores/memory.js'
import { BrittleStore } from '../support/brittle-store.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'
import { failureOf, watchUnhandled } from './scripted-world.js'

/** What grants of somebody else's making may return by mistake. */
const nothing: unknown[] = [undefined, null, 'token', {}, { response: null }, { response: 'token' }]

test.each(nothing)(
  'a grant that returns %o keeps the session, and is asked again with the usual pauses',
  async (answer) => {
    watchUnhandled()
    const environment = new FakeEnvironment()
    let asked = 0
    const manager = managerOf(environment, {
      grant: () => {
        asked++
        return Promise.resolve(answer as Granted)
      },
    })
    await manager.setTokens({ access_token: 'a', refresh_token: 'r', expires_in: 60 }, { receivedAt: 0 })
    const failure = await environment.passUntil(manager.getAccessToken().catch((error: unknown) => error))
    expect(failure).toMatchObject({ name: 'EvergrantError', code: 'unavailable' })
    await environment.pass(60_000)
    expect(asked).toBeGreaterThanOrEqual(6)
    expect(asked).toBeLessThan(10)
    expect(manager.getSnapshot().status).toBe('active')
    manager.dispose()
  },
)

test('a store that is down shows, also where nothing is renewed in the background, until it works again', async () => {
  const environment = new FakeEnvironment()
  const store = new BrittleStore(environment)
  const manager = managerOf(environment, { store, autoRenew: false })
  const codes: string[] = []
  manager.on('error', ({ error }) => codes.push(error.code))
  store.isUnreadable = true
  for (let call = 0; call < 2; call++) {
    expect((await failureOf(environment.passUntil(manager.getAccessToken()))).code).toBe('storage_failed')
  }
  expect(manager.getSnapshot()).toMatchObject({ status: 'starting', error: { code: 'storage_failed' } })
  expect(codes).toEqual(['storage_failed'])
  store.isUnreadable = false
  expect((await failureOf(environment.passUntil(manager.getAccessToken()))).code).toBe('login_required')
  expect(manager.getSnapshot()).toEqual({ status: 'signed_out', error: undefined })
  manager.dispose()
})

test('a sign-out elsewhere that comes while the session is being read is not missed', async () => {
  const environment = new FakeEnvironment()
  const place = memoryStore()
  const other = managerOf(environment, { store: place, autoRenew: false })
  await other.setTokens({ access_token: 'a', refresh_token: 'r', expires_in: 3600 })
  // What is read is on its way for a while.
  const read: TokenStore['read'] = async (key) => {
    const found = await place.read(key)
    await new Promise<void>((resolve) => environment.setTimer(resolve, 100))
    return found
  }
  const manager = managerOf(environment, { store: { ...place, read } })
  await environment.pass(50)
  await other.signOut()
  await environment.pass(500)
  expect(manager.getSnapshot().status).toBe('signed_out')
  manager.dispose()
})

test('a call that was given up before it began, or that comes after the end, fails quietly while the store is down', async () => {
  watchUnhandled()
  const environment = new FakeEnvironment()
  const store = new BrittleStore(environment)
  store.isUnreadable = true
  const manager = managerOf(environment, { store, autoRenew: false })
  expect(await failureOf(manager.getAccessToken({ signal: AbortSignal.abort() }))).toMatchObject({ code: 'aborted' })
  manager.dispose()
  expect(await failureOf(manager.getAccessToken())).toMatchObject({ code: 'aborted' })
  await environment.pass(60_000)
  expect(environment.timers.size).toBe(0)
})

test.each([NaN, Infinity])(
  'setTokens() refuses a response that was received at %o, and nothing changes',
  async (time) => {
    const environment = new FakeEnvironment()
    const manager = managerOf(environment, {})
    await manager.setTokens({ access_token: 'a', expires_in: 3600 })
    const refused = manager.setTokens({ access_token: 'b', expires_in: 3600 }, { receivedAt: time })
    expect(await failureOf(refused)).toMatchObject({ code: 'misconfigured' })
    expect(await manager.getAccessToken()).toBe('a')
    manager.dispose()
  },
)

describe('a store that cannot be read', () => {
  /** A page that starts while the session of alice cannot be read. */
  async function startedBlind(): Promise<{
    store: BrittleStore
    manager: TokenManager
    environment: FakeEnvironment
    wake(): void
  }> {
    const environment = new FakeEnvironment()
    const place = memoryStore()
    const other = managerOf(environment, { store: place, autoRenew: false })
    await other.setTokens({ access_token: 'a', refresh_token: 'r', expires_in: 3600 })
    const store = new BrittleStore(environment, place)
    store.isUnreadable = true
    let wake = (): void => undefined
    const manager = managerOf(environment, {
      store,
      watchWake(look) {
        wake = look
        return () => undefined
      },
    })
    return { store, manager, environment, wake: () => wake() }
  }

  test.each([0, 5])(
    'leaves it open for three seconds whether somebody is signed in, and %i hints at once do not shorten that',
    async (hints) => {
      const { manager, environment, wake } = await startedBlind()
      for (let hint = 0; hint < hints; hint++) wake()
      for (let second = 0; second < 3; second++) {
        await environment.pass(second === 0 ? 100 : 1000)
        expect(manager.getSnapshot()).toMatchObject({ status: 'starting', error: { code: 'storage_failed' } })
      }
      await environment.pass(2000)
      expect(manager.getSnapshot()).toMatchObject({ status: 'signed_out', error: { code: 'storage_failed' } })
      manager.dispose()
    },
  )

  test('shows the session once it can be, as news when nobody counted as signed in by then', async () => {
    const { store, manager, environment } = await startedBlind()
    let adopted = 0
    manager.on('adopted', () => adopted++)
    await environment.pass(10_000)
    expect(manager.getSnapshot().status).toBe('signed_out')
    store.isUnreadable = false
    await environment.pass(2000)
    expect(manager.getSnapshot()).toMatchObject({ status: 'active', error: undefined })
    expect(adopted).toBe(1)
    manager.dispose()
  })
})

test('a store that cannot tell of changes, and says so by an exception, is used without', async () => {
  const environment = new FakeEnvironment()
  const store = {
    ...memoryStore(),
    watch() {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    },
  }
  const manager = managerOf(environment, { store })
  await manager.setTokens({ access_token: 'a', expires_in: 3600 })
  expect(await environment.passUntil(manager.getAccessToken())).toBe('a')
  manager.dispose()
})
