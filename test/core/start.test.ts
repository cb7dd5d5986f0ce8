import { expect, test } from 'vitest'
import { noLock } from '../../src/core/lock.js'
import type { Granted } from '../../src/core/grant.js'
import { createManager, type ManagerParts } from '../../src/core/manager.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import { memoryStore } from '../../src/stores/memory.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { watchUnhandled } from './scripted-world.js'

function managerOf(environment: FakeEnvironment, parts: Partial<ManagerParts>): TokenManager {
  return createManager({
    environment,
    store: memoryStore(),
    key: 'session',
    lock: noLock,
    grant: () => Promise.reject(new Error('nothing is due')),
    checkIdToken: () => ({ problem: 'there is none', someoneElse: false }),
    scope: undefined,
    renewEarlySeconds: 60,
    autoRenew: true,
    ...parts,
  })
}

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
