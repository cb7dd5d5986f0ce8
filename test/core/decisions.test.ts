import type { TokenEvent } from 'evergrant'
import { describe, expect, test } from 'vitest'
import { EvergrantError } from '../../src/core/errors.js'
import type { Grant } from '../../src/core/grant.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import { memoryStore } from '../../src/stores/memory.js'
import { BrittleStore } from '../support/brittle-store.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'

const alice = { access_token: 'alice-1', refresh_token: 'alice-refresh-1', expires_in: 3600 }
const bob = { access_token: 'bob-1', refresh_token: 'bob-refresh-1', expires_in: 3600 }
const key = 'session'

/** Renews for alice; the server takes a second. */
function renewingAlice(environment: FakeEnvironment): Grant {
  return async ({ sending }) => {
    sending()
    await new Promise<void>((resolve) => environment.setTimer(resolve, 1000))
    return { response: { access_token: 'alice-2', refresh_token: 'alice-refresh-2', expires_in: 3600 } }
  }
}

const refusing: Grant = ({ sending }) => {
  sending()
  return Promise.reject(new EvergrantError('login_required', 'it is dead', { error: 'invalid_grant', status: 400 }))
}

function typesOf(manager: TokenManager): string[] {
  const types: string[] = []
  const note = ({ type }: TokenEvent): void => void types.push(type)
  for (const type of ['adopted', 'renewed', 'ended', 'signedOut'] as const) manager.on(type, note)
  return types
}

/** Alice's renewal is under way, and the store takes no more. */
async function whileAliceRenews() {
  const environment = new FakeEnvironment()
  const place = memoryStore()
  const store = new BrittleStore(environment, place)
  const manager = managerOf(environment, { store, grant: renewingAlice(environment) })
  await environment.passUntil(manager.setTokens(alice))
  await environment.pass(20_000)
  const renewing = manager.renew().catch(() => undefined)
  await environment.pass(500)
  store.isReadOnly = true
  return { environment, place, store, manager, renewing }
}

describe('what somebody has decided while the store fails', () => {
  test('a sign-in, stands when the renewal of the old session can be stored first', async () => {
    const { environment, place, store, manager, renewing } = await whileAliceRenews()
    await environment.passUntil(manager.setTokens(bob))
    await environment.pass(470)
    store.isReadOnly = false
    await environment.pass(60)
    await environment.passUntil(renewing)
    expect(await environment.passUntil(manager.getAccessToken())).toBe('bob-1')
    await environment.pass(10_000)
    expect(await manager.getAccessToken()).toBe('bob-1')
    expect((await place.read(key))?.record).toMatchObject({ state: 'live', refreshToken: 'bob-refresh-1' })
  })

  test('a sign-out, stands when the renewal of the session can be stored first', async () => {
    const { environment, place, store, manager, renewing } = await whileAliceRenews()
    const types = typesOf(manager)
    await environment.passUntil(manager.signOut().catch(() => undefined))
    await environment.pass(470)
    store.isReadOnly = false
    await environment.pass(60)
    await environment.passUntil(renewing)
    await environment.pass(10_000)
    expect(manager.getSnapshot().status).toBe('signed_out')
    expect((await place.read(key))?.record).toMatchObject({ state: 'signed_out' })
    expect(types).toEqual(['signedOut'])
  })

  test('a sign-in, is no less decided when another holder ends the old session meanwhile', async () => {
    const environment = new FakeEnvironment()
    const place = memoryStore()
    const store = new BrittleStore(environment, place)
    const here = managerOf(environment, { store, grant: refusing })
    const there = managerOf(environment, { store: new BrittleStore(environment, place), grant: refusing })
    await here.setTokens(alice)
    await environment.pass(20_000)
    store.isReadOnly = true
    await environment.passUntil(here.setTokens(bob))
    await environment.passUntil(there.renew().catch(() => undefined))
    expect((await place.read(key))?.record).toMatchObject({ state: 'ended' })
    store.isReadOnly = false
    await environment.pass(10_000)
    expect(await here.getAccessToken()).toBe('bob-1')
    expect(await there.getAccessToken()).toBe('bob-1')
  })

  test('a sign-out, is carried out later although the store could not even be read', async () => {
    const environment = new FakeEnvironment()
    const place = memoryStore()
    const before = managerOf(environment, { store: place })
    await before.setTokens(alice)
    before.dispose()
    const store = new BrittleStore(environment, place)
    store.isUnreadable = store.isReadOnly = true
    const manager = managerOf(environment, { store })
    const failure = await environment.passUntil(manager.signOut().catch((error: unknown) => error))
    expect(failure).toMatchObject({ code: 'storage_failed' })
    store.isUnreadable = store.isReadOnly = false
    await environment.pass(30_000)
    expect(manager.getSnapshot().status).toBe('signed_out')
    expect((await place.read(key))?.record.state).toBe('signed_out')
  })
})

test('P-051 nobody hears of new tokens before a slow store holds them', async () => {
  const environment = new FakeEnvironment()
  const place = memoryStore()
  const store = new BrittleStore(environment, place, false)
  store.latencyMs = 200
  const manager = managerOf(environment, { store, grant: renewingAlice(environment) })
  await environment.passUntil(manager.setTokens(alice))
  await environment.pass(20_000)
  const renewing = manager.renew()
  const heard: unknown[] = []
  for (let ms = 0; ms < 3000; ms += 50) {
    const stored = (await place.read(key))?.record
    const shown = manager.getSnapshot()
    const isStored = stored?.state === 'live' && stored.generation === 1
    const isShown = shown.status === 'active' && shown.generation === 1
    heard.push([isStored, isShown, await manager.getAccessToken()].join())
    await environment.pass(50)
  }
  expect(new Set(heard)).toEqual(new Set(['false,false,alice-1', 'true,true,alice-2']))
  await renewing
})

test('a sign-out while a slow store writes an answer shows no token any more', async () => {
  const environment = new FakeEnvironment()
  const store = new BrittleStore(environment)
  store.latencyMs = 200
  const manager = managerOf(environment, { store, grant: renewingAlice(environment) })
  await environment.passUntil(manager.setTokens(alice))
  await environment.pass(20_000)
  const types = typesOf(manager)
  const renewing = manager.renew().catch(() => undefined)
  await environment.pass(1300)
  await environment.passUntil(manager.signOut())
  await environment.passUntil(renewing)
  await environment.pass(5000)
  expect(types).toEqual(['signedOut'])
})

test('tokens that wait to be stored when a manager is disposed are stored all the same', async () => {
  const environment = new FakeEnvironment()
  const place = memoryStore()
  const store = new BrittleStore(environment, place)
  const manager = managerOf(environment, { store, grant: renewingAlice(environment) })
  await manager.setTokens(alice)
  await environment.pass(20_000)
  const renewing = manager.renew()
  await environment.pass(500)
  store.isReadOnly = true
  await environment.passUntil(renewing)
  manager.dispose()
  store.isReadOnly = false
  await environment.pass(5000)
  expect((await place.read(key))?.record).toMatchObject({ generation: 1, refreshToken: 'alice-refresh-2' })
  expect(environment.timers.size).toBe(0)
})

test('a sign-in that the store takes late does not undo the sign-out after it, and its tokens are revoked', async () => {
  const environment = new FakeEnvironment()
  const place = memoryStore()
  let lateMs = 8000
  const swap: typeof place.swap = async (...all) => {
    if (lateMs > 0) await new Promise<void>((resolve) => environment.setTimer(resolve, lateMs))
    return place.swap(...all)
  }
  const revoked: string[] = []
  const revoke = async (token: string): Promise<void> => void revoked.push(token)
  const manager = managerOf(environment, { store: { ...place, swap }, revoke })
  await environment.pass(1000)
  await environment.passUntil(manager.setTokens(alice))
  lateMs = 0
  await environment.passUntil(manager.signOut())
  await environment.pass(60_000)
  expect(manager.getSnapshot().status).toBe('signed_out')
  expect(revoked).toEqual(['alice-refresh-1', 'alice-1'])
  manager.dispose()
})

test('nor that of whoever tries to sign out again, since it could not be stored at first', async () => {
  const environment = new FakeEnvironment()
  const place = memoryStore()
  const store = new BrittleStore(environment, place)
  const swap: typeof place.swap = async (...all) => {
    if (all[2]?.state === 'live') await new Promise<void>((resolve) => environment.setTimer(resolve, 8000))
    return store.swap(...all)
  }
  const manager = managerOf(environment, { store: { durability: 'strict', read: (name) => store.read(name), swap } })
  await environment.passUntil(manager.setTokens(alice))
  store.isReadOnly = true
  const failure = await environment.passUntil(manager.signOut().catch((error: unknown) => error))
  expect(failure).toMatchObject({ code: 'storage_failed' })
  store.isReadOnly = false
  await environment.passUntil(manager.signOut())
  await environment.pass(60_000)
  expect(manager.getSnapshot().status).toBe('signed_out')
  expect((await place.read(key))?.record.state).toBe('signed_out')
  manager.dispose()
})

test('a sign-in by a listener that is told of the sign-out comes after it', async () => {
  const environment = new FakeEnvironment()
  const manager = managerOf(environment, { store: memoryStore() })
  await manager.setTokens(alice)
  await environment.pass(1000)
  manager.on('signedOut', () => void manager.setTokens(bob))
  await manager.signOut()
  await environment.pass(1000)
  expect(await manager.getAccessToken()).toBe('bob-1')
  manager.dispose()
})
