import type { Snapshot, TokenEvent } from 'evergrant'
import { describe, expect, test } from 'vitest'
import { EvergrantError } from '../../src/core/errors.js'
import { memoryStore } from '../../src/stores/memory.js'
import { BrittleStore } from '../support/brittle-store.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'
import { idToken } from '../support/id-tokens.js'

const alice = { access_token: 'alice', refresh_token: 'alice-refresh', expires_in: 3600 }
const bob = { access_token: 'bob', refresh_token: 'bob-refresh', expires_in: 3600 }
const key = 'session'

describe('a holder whose store tells of no changes', () => {
  test('notices them when it wakes up', async () => {
    const environment = new FakeEnvironment()
    const place = memoryStore()
    let wake = (): void => undefined
    const manager = managerOf(environment, {
      store: new BrittleStore(environment, place, false),
      watchWake(look) {
        wake = look
        return () => undefined
      },
    })
    await manager.setTokens(alice)
    await managerOf(environment, { store: place, autoRenew: false }).setTokens(bob)
    wake()
    await environment.pass(100)
    expect(await manager.getAccessToken()).toBe('bob')
    manager.dispose()
  })

  test.each([true, false])('notices them while the server says to wait (autoRenew: %s)', async (autoRenew) => {
    const environment = new FakeEnvironment()
    const place = memoryStore()
    const store = new BrittleStore(environment, place, false)
    const manager = managerOf(environment, {
      store,
      autoRenew,
      grant: ({ sending }) => {
        sending()
        const retryAt = environment.now() + 3_600_000
        return Promise.reject(new EvergrantError('unavailable', 'too many requests', { status: 429, retryAt }))
      },
    })
    await environment.passUntil(manager.setTokens({ ...alice, expires_in: 60 }))
    await environment.pass(70_000)
    const refused = await environment.passUntil(manager.getAccessToken().catch((error: unknown) => error))
    expect(refused).toMatchObject({ code: 'unavailable' })
    await managerOf(environment, { store: place, autoRenew: false }).setTokens(bob)
    await environment.passUntil(manager.getAccessToken().catch(() => undefined))
    expect(await environment.passUntil(manager.getAccessToken())).toBe('bob')
    manager.dispose()
  })
})

describe('a snapshot', () => {
  test('stays the same object while others write what changes nothing in it', async () => {
    const environment = new FakeEnvironment()
    const place = memoryStore()
    const manager = managerOf(environment, { store: new BrittleStore(environment, place) })
    await manager.setTokens({ ...alice, id_token: idToken() })
    const snapshot = manager.getSnapshot()
    let changes = 0
    manager.subscribe(() => changes++)
    for (let beat = 0; beat < 3; beat++) {
      const found = await place.read(key)
      const record = found?.record
      if (record?.state !== 'live') throw new Error('there is no session')
      const intent = { owner: 'another', attempt: 1, beat, inDoubt: false }
      await place.swap(key, found?.revision, { ...record, intent })
      await environment.pass(500)
    }
    expect(snapshot).toMatchObject({ status: 'active', identity: { sub: 'alice' } })
    expect(manager.getSnapshot()).toBe(snapshot)
    expect(changes).toBe(0)
    manager.dispose()
  })

  test('shows a failing store until it can be read again', async () => {
    const environment = new FakeEnvironment()
    const place = memoryStore()
    const store = new BrittleStore(environment, place)
    const manager = managerOf(environment, { store })
    await manager.setTokens(alice)
    const touch = async (): Promise<void> => {
      const found = await place.read(key)
      await place.swap(key, found?.revision, found?.record as never)
      await environment.pass(100)
    }
    store.isUnreadable = true
    await touch()
    expect(manager.getSnapshot()).toMatchObject({ status: 'active', error: { code: 'storage_failed' } })
    store.isUnreadable = false
    await environment.pass(5000)
    expect(manager.getSnapshot()).toMatchObject({ status: 'active', error: undefined })
    manager.dispose()
  })
})

test('a record of a newer format is no sign-out, and is reported once', async () => {
  const environment = new FakeEnvironment()
  const place = memoryStore()
  const manager = managerOf(environment, { store: place })
  await manager.setTokens(alice)
  const events: string[] = []
  const note = (event: TokenEvent): void =>
    void events.push(event.type === 'error' ? `error ${event.error.code}` : event.type)
  for (const type of ['signedOut', 'ended', 'error'] as const) manager.on(type, note)
  const found = await place.read(key)
  await place.swap(key, found?.revision, { state: 'unreadable', problem: 'newer_format' } as never)
  await environment.pass(100)
  for (let call = 0; call < 5; call++) {
    const failure = await environment.passUntil(manager.getAccessToken().catch((error: unknown) => error))
    expect(failure).toMatchObject({ code: 'unsupported' })
  }
  expect(events).toEqual(['error unsupported'])
  const { status }: Snapshot = manager.getSnapshot()
  expect(status).toBe('signed_out')
  manager.dispose()
})

test('who renews only when asked, and cannot read when told of a sign-out, looks again', async () => {
  const environment = new FakeEnvironment()
  const place = memoryStore()
  const store = new BrittleStore(environment, place)
  const one = managerOf(environment, { store, autoRenew: false })
  const other = managerOf(environment, { store: new BrittleStore(environment, place) })
  await environment.passUntil(other.setTokens(alice))
  await environment.pass(1000)
  expect(await one.getAccessToken()).toBe('alice')
  store.isUnreadable = true
  await environment.passUntil(other.signOut())
  await environment.passUntil(other.setTokens(bob))
  await environment.pass(100)
  store.isUnreadable = false
  await environment.pass(1_800_000)
  expect(await one.getAccessToken()).toBe('bob')
  for (const manager of [one, other]) manager.dispose()
})
