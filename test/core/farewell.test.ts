import { expect, test } from 'vitest'
import type { TokenManager } from '../../src/core/token-manager.js'
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
