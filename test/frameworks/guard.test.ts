import { expect, test } from 'vitest'
import { memoryStore } from '../../src/stores/memory.js'
import { BrittleStore } from '../support/brittle-store.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'
import { knownSession } from './snippets/guard.js'

const response = { access_token: 'a', refresh_token: 'r', expires_in: 3600 }

/** A page that has just been loaded, over a store that is slow, and where somebody is signed in or not. */
async function loaded(isSignedIn: boolean): Promise<{ environment: FakeEnvironment; store: BrittleStore }> {
  const environment = new FakeEnvironment()
  const place = memoryStore()
  if (isSignedIn) {
    const before = managerOf(environment, { store: place })
    await before.setTokens(response)
    before.dispose()
  }
  const store = new BrittleStore(environment, place)
  store.latencyMs = 100
  return { environment, store }
}

test.each([
  [true, 'active'],
  [false, 'signed_out'],
] as const)('a guard learns on the first page whether somebody is signed in: %s', async (isSignedIn, status) => {
  const { environment, store } = await loaded(isSignedIn)
  const tokens = managerOf(environment, { store })
  expect(tokens.getSnapshot().status).toBe('starting')
  const asked = knownSession(tokens)
  expect(await environment.passUntil(asked)).toBe(tokens.getSnapshot())
  expect((await knownSession(tokens)).status).toBe(status)
  tokens.dispose()
})

test('a guard lets nobody wait for ever while the store is down', async () => {
  const { environment, store } = await loaded(true)
  store.isUnreadable = true
  const tokens = managerOf(environment, { store })
  const session = await environment.passUntil(knownSession(tokens), 10_000)
  expect(session).toMatchObject({ status: 'signed_out', error: { code: 'storage_failed' } })
  tokens.dispose()
})
