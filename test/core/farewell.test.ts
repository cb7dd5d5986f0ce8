import { expect, test } from 'vitest'
import type { SessionRecord } from '../../src/core/record.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import { memoryStore } from '../../src/stores/memory.js'
import { BrittleStore } from '../support/brittle-store.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'
import { failureOf } from './scripted-world.js'

/** A manager with new tokens in its hands, which its store does not take. */
async function withTokensInHand(environment: FakeEnvironment, store: BrittleStore): Promise<TokenManager> {
  const renewed = { access_token: 'access', refresh_token: 'second', expires_in: 3600 }
  const grant = async () => {
    store.isReadOnly = true
    return { response: renewed }
  }
  const manager = managerOf(environment, { store, grant, autoRenew: false })
  await manager.setTokens({ refresh_token: 'first' })
  await environment.passUntil(manager.getAccessToken())
  return manager
}

test('a manager that ends has its store take the last tokens as soon as it works again', async () => {
  const environment = new FakeEnvironment()
  const store = new BrittleStore(environment)
  const manager = await withTokensInHand(environment, store)
  environment.setTimer(() => (store.isReadOnly = false), 3000)
  await environment.passUntil(manager[Symbol.asyncDispose]())
  expect((await store.read('session'))?.record).toMatchObject({ state: 'live', refreshToken: 'second' })
})

test('it says so when the store does not take them in five seconds', async () => {
  const environment = new FakeEnvironment()
  const store = new BrittleStore(environment)
  const manager = await withTokensInHand(environment, store)
  const startedAt = environment.monotonic()
  expect((await failureOf(environment.passUntil(manager[Symbol.asyncDispose]()))).code).toBe('storage_failed')
  expect(environment.monotonic() - startedAt).toBeGreaterThanOrEqual(5000)
  expect(environment.monotonic() - startedAt).toBeLessThan(6000)
})

test('a renewal that waits for its turn is not begun any more, so that nothing is spent on the way out', async () => {
  const environment = new FakeEnvironment()
  const store = memoryStore()
  let asked = 0
  const grant = () => Promise.reject(new Error(`asked ${++asked} times`))
  const manager = managerOf(environment, { store, grant, autoRenew: false })
  await manager.setTokens({ refresh_token: 'first' })
  const { record, revision } = (await store.read('session')) ?? {}
  const intent = { owner: 'somebody who died', attempt: 1, beat: 0, inDoubt: false }
  await store.swap('session', revision, { ...record, intent } as SessionRecord)
  manager.getAccessToken().catch(() => undefined)
  await environment.pass(1000)
  const startedAt = environment.monotonic()
  await environment.passUntil(manager[Symbol.asyncDispose]())
  expect(environment.monotonic() - startedAt).toBeLessThan(1000)
  await environment.pass(60_000)
  expect(asked).toBe(0)
  expect((await store.read('session'))?.record).toMatchObject({ refreshToken: 'first', intent })
})
