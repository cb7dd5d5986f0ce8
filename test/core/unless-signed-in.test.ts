import { describe, expect, test } from 'vitest'
import { EvergrantError } from '../../src/core/errors.js'
import type { Grant } from '../../src/core/grant.js'
import { memoryStore } from '../../src/stores/memory.js'
import { BrittleStore } from '../support/brittle-store.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'

const stored = { access_token: 'access-1', refresh_token: 'refresh-1', expires_in: 3600 }
const unlessSignedIn = { unlessSignedIn: true }

/** Spends refresh-1, and only once. */
const rotating = (): Grant => {
  let isSpent = false
  return ({ sending, refreshToken }) => {
    sending()
    if (isSpent || refreshToken !== 'refresh-1') return Promise.reject(new Error(`${refreshToken} is spent`))
    isSpent = true
    return Promise.resolve({ response: { access_token: 'access-2', refresh_token: 'refresh-2', expires_in: 3600 } })
  }
}

const refusing: Grant = ({ sending }) => {
  sending()
  return Promise.reject(new EvergrantError('login_required', 'it is dead', { error: 'invalid_grant', status: 400 }))
}

describe('tokens that are set unless somebody is signed in', () => {
  test('start a session where there is none, where it was signed out, and where it has ended', async () => {
    const environment = new FakeEnvironment()
    const manager = managerOf(environment, { grant: refusing, autoRenew: false })
    await manager.setTokens(stored, unlessSignedIn)
    expect(await manager.getAccessToken()).toBe('access-1')
    await manager.signOut()
    await environment.pass(10_000)
    await manager.setTokens({ ...stored, access_token: 'access-2' }, unlessSignedIn)
    expect(await manager.getAccessToken()).toBe('access-2')
    await environment.pass(10_000)
    await environment.passUntil(manager.renew().catch(() => undefined))
    expect(manager.getSnapshot()).toMatchObject({ status: 'ended' })
    await manager.setTokens({ ...stored, access_token: 'access-3' }, unlessSignedIn)
    expect(await manager.getAccessToken()).toBe('access-3')
  })

  test('leave alone what is there, and what another holder has renewed that began with the same tokens', async () => {
    const environment = new FakeEnvironment()
    const place = memoryStore()
    const grant = rotating()
    const here = managerOf(environment, { store: place, grant, autoRenew: false })
    const there = managerOf(environment, {
      store: new BrittleStore(environment, place, false),
      grant,
      autoRenew: false,
    })
    await here.setTokens(stored, unlessSignedIn)
    await environment.pass(10_000)
    await environment.passUntil(here.renew())
    await there.setTokens(stored, unlessSignedIn)
    await here.setTokens(stored, unlessSignedIn)
    expect([await here.getAccessToken(), await there.getAccessToken()]).toEqual(['access-2', 'access-2'])
    expect((await place.read('session'))?.record).toMatchObject({ generation: 1, refreshToken: 'refresh-2' })
  })

  test('give way to the session that a failing store turns out to hold', async () => {
    const environment = new FakeEnvironment()
    const place = memoryStore()
    await managerOf(environment, { store: place }).setTokens({
      ...stored,
      access_token: 'newer',
      refresh_token: 'newer',
    })
    const store = new BrittleStore(environment, place)
    store.isUnreadable = true
    const manager = managerOf(environment, { store })
    await environment.passUntil(manager.setTokens(stored, unlessSignedIn))
    expect(await manager.getAccessToken()).toBe('access-1')
    store.isUnreadable = false
    await environment.pass(5000)
    expect(await manager.getAccessToken()).toBe('newer')
    expect((await place.read('session'))?.record).toMatchObject({ refreshToken: 'newer' })
  })

  test('do not take the place of a session while its store fails', async () => {
    const environment = new FakeEnvironment()
    const store = new BrittleStore(environment)
    const manager = managerOf(environment, { store, grant: rotating(), autoRenew: false })
    await manager.setTokens(stored)
    await environment.pass(10_000)
    store.isUnreadable = store.isReadOnly = true
    await environment.passUntil(manager.renew().catch(() => undefined))
    await environment.passUntil(manager.setTokens({ ...stored, access_token: 'older' }, unlessSignedIn))
    expect(await manager.getAccessToken()).toBe('access-1')
  })

  test.each([
    ['at once', 0],
    ['later', 5000],
  ])('bring nobody back who was signed out while the store failed, when it heals %s', async (_, ms) => {
    const environment = new FakeEnvironment()
    const place = memoryStore()
    const store = new BrittleStore(environment, place)
    const manager = managerOf(environment, { store })
    await manager.setTokens(stored)
    await environment.pass(10_000)
    store.isReadOnly = true
    await environment.passUntil(manager.signOut().catch(() => undefined))
    store.isReadOnly = ms > 0
    await environment.passUntil(manager.setTokens({ ...stored, access_token: 'other' }, unlessSignedIn))
    await environment.pass(ms)
    store.isReadOnly = false
    await environment.pass(5000)
    expect(await manager.getAccessToken()).toBe('other')
    manager.dispose()
  })

  test('are refused when they make no sense, whoever is signed in', async () => {
    const manager = managerOf(new FakeEnvironment(), {})
    await manager.setTokens(stored)
    await expect(manager.setTokens({}, unlessSignedIn)).rejects.toMatchObject({ code: 'misconfigured' })
    expect(await manager.getAccessToken()).toBe('access-1')
  })
})
