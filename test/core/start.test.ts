import { expect, test } from 'vitest'
import { noLock } from '../../src/core/lock.js'
import { createManager } from '../../src/core/manager.js'
import { memoryStore } from '../../src/stores/memory.js'
import { FakeEnvironment } from '../support/fake-environment.js'

test('a page that is shown while its session is being read does not read it a second time', async () => {
  const environment = new FakeEnvironment()
  const store = memoryStore()
  let reads = 0
  let wake = (): void => undefined
  const manager = createManager({
    environment,
    store: { ...store, read: (key) => store.read((reads++, key)) },
    key: 'session',
    lock: noLock,
    grant: () => Promise.reject(new Error('nothing is due')),
    checkIdToken: () => ({ problem: 'there is none', someoneElse: false }),
    scope: undefined,
    renewEarlySeconds: 60,
    autoRenew: true,
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
