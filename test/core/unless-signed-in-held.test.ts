import { describe, expect, test } from 'vitest'
import { EvergrantError } from '../../src/core/errors.js'
import type { Grant } from '../../src/core/grant.js'
import type { TokenStore } from '../../src/core/store.js'
import type { TokenManager } from '../../src/core/token-manager.js'
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

interface Ended {
  readonly environment: FakeEnvironment
  readonly place: TokenStore
  readonly store: BrittleStore
  readonly here: TokenManager
  readonly there: TokenManager
  readonly renewing: Promise<unknown>
}

/** The session of alice ends here, which the store is not told. */
async function endedWhileTheStoreFails(): Promise<Ended> {
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

/** A session is set unless there is one, and then the store works again. Resolves to what it holds in the end. */
async function deployAndHeal({ environment, place, store, here, renewing }: Ended): Promise<unknown> {
  await environment.passUntil(renewing)
  expect(here.getSnapshot().status).toBe('ended')
  await environment.passUntil(here.setTokens(deployed, unlessSignedIn))
  store.isUnreadable = store.isReadOnly = false
  await environment.pass(5000)
  return (await place.read(key))?.record
}

describe('tokens that are set unless somebody is signed in, while the end of the last session could not be stored', () => {
  test('leave alone whoever has signed in elsewhere', async () => {
    const ended = await endedWhileTheStoreFails()
    await ended.environment.passUntil(ended.there.setTokens(bob))
    await ended.environment.pass(200)
    expect(await deployAndHeal(ended)).toMatchObject({ state: 'live', refreshToken: 'bob-refresh-1' })
    expect(await ended.here.getAccessToken()).toBe('bob-1')
  })

  test('take the place of the session that has ended, which the store does not know yet', async () => {
    const ended = await endedWhileTheStoreFails()
    expect(await deployAndHeal(ended)).toMatchObject({ state: 'live', refreshToken: 'deployed-refresh-1' })
  })
})
