import { expect, test } from 'vitest'
import { EvergrantError } from '../../src/core/errors.js'
import type { TokenStore } from '../../src/core/store.js'
import { PoolWorld } from './pool-world.js'
import { failureOf } from './scripted-world.js'

const hourMs = 3_600_000

type Watch = NonNullable<TokenStore['watch']>

test('a store that listens while somebody watches does so for as long as the pool keeps sessions fresh', async () => {
  const world = new PoolWorld()
  const { watch } = world.store
  let [watching, beginnings] = [0, 0]
  const counted: Watch = (key, onChange) => {
    if (watching++ === 0) beginnings++
    const end = watch?.(key, onChange)
    return () => (watching--, end?.())
  }
  const store = Object.assign(world.store, { watch: counted })
  const web = world.pool({ store, autoRenew: false })
  const keys = await world.signIn(web, 50)
  await world.environment.pass(120_000)
  expect([watching, beginnings]).toEqual([0, 1])
  const renewer = world.pool({ store })
  renewer.add(keys)
  await world.environment.pass(4 * hourMs)
  expect(renewer.metrics()).toMatchObject({ open: 0, renewals: world.requests.length })
  expect([watching, beginnings]).toEqual([1, 2])
  renewer.dispose()
  expect(watching).toBe(0)
})

test('a session that the store cannot even watch does no harm to the others', async () => {
  const world = new PoolWorld()
  const { watch, read } = world.store
  const refuse = (key: string): void => {
    if (key.endsWith('broken')) throw new EvergrantError('misconfigured', 'the store takes no such key')
  }
  const picky: Watch = (key, onChange) => (refuse(key), watch?.(key, onChange) ?? (() => undefined))
  const store = Object.assign(world.store, {
    watch: picky,
    read: async (key: string) => (refuse(key), read.call(world.store, key)),
  })
  const pool = world.pool({ store })
  const [key = ''] = await world.signIn(pool, 1)
  pool.add(['broken', key])
  await world.environment.pass(hourMs)
  expect(pool.metrics().renewals).toBe(1)
  expect(await failureOf(pool.session('broken').getAccessToken())).toMatchObject({ code: 'misconfigured' })
  pool.dispose()
})

test('a pool that is disposed of waits for all that is under way, also when the store refuses one of them', async () => {
  const world = new PoolWorld()
  const { environment } = world
  const { swap } = world.store
  let isFull = false
  const store = Object.assign(world.store, {
    swap: (...args: Parameters<TokenStore['swap']>) =>
      isFull && args[0].endsWith('-0') ? Promise.reject(new Error('the disk is full')) : swap.apply(world.store, args),
  })
  const pool = world.pool({ store, autoRenew: false })
  const [refused = '', slow = ''] = await world.signIn(pool, 2)
  await environment.pass(hourMs)
  world.onRequest = () => (isFull = true)
  await environment.passUntil(pool.session(refused).getAccessToken())
  world.fault = { type: 'delay', responseMs: 8000 }
  const call = failureOf(pool.session(slow).getAccessToken())
  await environment.pass(500)
  const farewell = failureOf(pool[Symbol.asyncDispose]())
  expect(await environment.passUntil(farewell)).toMatchObject({ code: 'storage_failed' })
  expect(await call).toMatchObject({ code: 'aborted' })
  expect((await store.read(slow))?.record).toMatchObject({ state: 'live', generation: 1 })
})

test('a pool forgets no session that it keeps fresh, however long its store is down and however busy it is', async () => {
  const world = new PoolWorld()
  const { environment, store } = world
  const pool = world.pool()
  await environment.passUntil(world.signIn(pool, 5))
  await environment.pass(hourMs - 400_000)
  Object.assign(store, { isUnreadable: true, isReadOnly: true, latencyMs: 100 })
  const other = pool.session('somebody else')
  for (let call = 0; call < 4 * 15 * 60; call++) {
    other.getAccessToken().catch(() => undefined)
    await environment.pass(250)
  }
  Object.assign(store, { isUnreadable: false, isReadOnly: false, latencyMs: 0 })
  await environment.pass(hourMs / 2)
  expect(pool.metrics()).toMatchObject({ sessions: 5, renewals: 5 })
  pool.dispose()
})

test('nor while the server refuses it all, as it does when the secret of the client has been changed', async () => {
  const world = new PoolWorld()
  const { environment } = world
  const pool = world.pool()
  await environment.passUntil(world.signIn(pool, 5))
  await environment.pass(hourMs - 200_000)
  world.fault = { type: 'respond', status: 401, body: { error: 'invalid_client' } }
  await environment.pass(300_000)
  world.fault = undefined
  await environment.pass(8 * hourMs)
  expect(pool.metrics().sessions).toBe(5)
  expect(pool.metrics().renewals).toBeGreaterThan(5 * 6)
  pool.dispose()
})

test('but those that nothing can renew, without a refresh token, when their access token is over', async () => {
  const world = new PoolWorld()
  const pool = world.pool()
  let errors = 0
  pool.on('error', () => errors++)
  for (const key of ['one', 'two']) await pool.session(key).setTokens({ access_token: 'access', expires_in: 600 })
  await world.environment.pass(8 * hourMs)
  expect(pool.metrics()).toMatchObject({ sessions: 0, open: 0 })
  expect(errors).toBeLessThanOrEqual(4)
  pool.dispose()
})
