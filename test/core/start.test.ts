import { expect, test } from 'vitest'
import type { Granted } from '../../src/core/grant.js'
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
    expect(asked).toBeLessThan(10)
    expect(manager.getSnapshot().status).toBe('active')
    manager.dispose()
  },
)

test('a page that is shown while its session is being read does not read it a second time', async () => {
  const environment = new FakeEnvironment()
  const store = memoryStore()
  let reads = 0
  let wake = (): void => undefined
  const manager = managerOf(environment, {
    store: { ...store, read: (key) => store.read((reads++, key)) },
    watchWake(look) {
      wake = look
      return () => undefined
    },
  })
  wake()
  await environment.pass(0)
  expect(manager.getSnapshot().status).toBe('signed_out')
  expect(reads).toBe(1)
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
