import { expect, test } from 'vitest'
import { EvergrantError } from '../../src/core/errors.js'
import type { Grant } from '../../src/core/grant.js'
import { memoryStore } from '../../src/stores/memory.js'
import { BrittleStore } from '../support/brittle-store.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'

const key = 'session'
const unlessSignedIn = { unlessSignedIn: true }
const alice = { access_token: 'alice-1', refresh_token: 'alice-refresh-1', expires_in: 3600 }
const bob = { access_token: 'bob-1', refresh_token: 'bob-refresh-1', expires_in: 3600 }
const deployed = { access_token: 'deployed-1', refresh_token: 'deployed-refresh-1', expires_in: 3600 }

/** Refuses after a second. */
function refusing(environment: FakeEnvironment): Grant {
  return async ({ sending }) => {
    sending()
    await new Promise<void>((resolve) => environment.setTimer(resolve, 1000))
    throw new EvergrantError('login_required', 'it is dead', { error: 'invalid_grant', status: 400 })
  }
}

/** The session of alice ends here, which the store is not told. */
async function endedWhileTheStoreFails() {
  const environment = new FakeEnvironment()
  const place = memoryStore()
  const store = new BrittleStore(environment, place)
  const here = managerOf(environment, { store, grant: refusing(environment), autoRenew: false })
  const there = managerOf(environment, { store: place, autoRenew: false })
  await here.setTokens(alice)
  await environment.pass(10_000)
  const renewing = here.renew().catch(() => undefined)
  await environment.pass(500)
  store.isUnreadable = store.isReadOnly = true
  return { environment, place, store, here, there, renewing }
}

test('leave alone whoever has signed in elsewhere while the end of the last session could not be stored', async () => {
  const { environment, place, store, here, there, renewing } = await endedWhileTheStoreFails()
  await environment.passUntil(there.setTokens(bob))
  await environment.pass(200)
  await environment.passUntil(renewing)
  expect(here.getSnapshot().status).toBe('ended')
  await environment.passUntil(here.setTokens(deployed, unlessSignedIn))
  store.isUnreadable = store.isReadOnly = false
  await environment.pass(5000)
  expect((await place.read(key))?.record).toMatchObject({ state: 'live', refreshToken: 'bob-refresh-1' })
  expect(await here.getAccessToken()).toBe('bob-1')
})

test('take the place of a session that has ended, which the store does not know yet', async () => {
  const { environment, place, store, here, renewing } = await endedWhileTheStoreFails()
  await environment.passUntil(renewing)
  expect(here.getSnapshot().status).toBe('ended')
  await environment.passUntil(here.setTokens(deployed, unlessSignedIn))
  store.isUnreadable = store.isReadOnly = false
  await environment.pass(5000)
  expect((await place.read(key))?.record).toMatchObject({ state: 'live', refreshToken: 'deployed-refresh-1' })
})
