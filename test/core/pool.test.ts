import { expect, test } from 'vitest'
import type { PoolEvent } from '../../src/core/token-pool.js'
import { PoolWorld } from './pool-world.js'
import { failureOf } from './scripted-world.js'

const hourMs = 3_600_000

test('P-057 each customer has a session of its own, and gets its own tokens', async () => {
  const world = new PoolWorld()
  const pool = world.pool()
  const keys = await world.signIn(pool, 3)
  for (const key of keys) {
    const token = await pool.session(key).getAccessToken()
    expect(world.server.inspect(token)?.subject).toBe(key)
  }
  expect(await failureOf(pool.session('stranger').getAccessToken())).toMatchObject({ code: 'login_required' })
  pool.dispose()
})

test('sessions are renewed ahead, once each, with one timer for all of them', async () => {
  const world = new PoolWorld()
  const pool = world.pool()
  const keys = await world.signIn(pool, 500)
  await world.environment.pass(hourMs / 2)
  expect(world.environment.timers.size).toBe(1)
  expect(pool.metrics()).toMatchObject({ sessions: 500, open: 0 })
  await world.environment.pass(hourMs / 2 + 60_000)
  expect(world.requests).toHaveLength(500)
  expect(pool.metrics()).toMatchObject({ sessions: 500, open: 0, renewals: 500, failures: 0, due: 0, renewing: 0 })
  for (const key of keys) await pool.session(key).getAccessToken()
  expect(world.requests).toHaveLength(500)
  pool.dispose()
})

test('a process of its own keeps fresh what it is told of, and requests elsewhere find it fresh', async () => {
  const world = new PoolWorld()
  const web = world.pool({ autoRenew: false })
  const keys = await world.signIn(web, 50)
  await world.environment.pass(120_000)
  const renewer = world.pool()
  renewer.add([...keys, 'stranger'])
  await world.environment.pass(4 * hourMs)
  const before = world.requests.length
  expect(before).toBeGreaterThanOrEqual(200)
  for (const key of keys) await web.session(key).getAccessToken()
  expect(world.requests).toHaveLength(before)
  expect(renewer.metrics().sessions).toBe(50)
  renewer.dispose()
})

test('without autoRenew a session is renewed when it is used', async () => {
  const world = new PoolWorld()
  const pool = world.pool({ autoRenew: false })
  const [key = ''] = await world.signIn(pool, 1)
  await world.environment.pass(2 * hourMs)
  expect(world.requests).toHaveLength(0)
  expect(world.environment.timers.size).toBe(0)
  const tokens = [pool.session(key).getAccessToken(), pool.session(key).getAccessToken()]
  const [one, other] = await world.environment.passUntil(Promise.all(tokens))
  expect(one).toBe(other)
  expect(world.requests).toHaveLength(1)
  pool.dispose()
})

test('thousands of sessions due at once are renewed at the pace that was set, and callers go first', async () => {
  const world = new PoolWorld()
  const pool = world.pool({ maxRenewalsPerSecond: 20, autoRenew: false })
  const keys = await world.signIn(pool, 2000)
  const renewed = new Set<string>()
  pool.on('renewed', ({ key }) => renewed.add(key))
  await world.environment.pass(hourMs)
  pool.add(keys)
  await world.environment.pass(10_000)
  expect(pool.metrics().due).toBeGreaterThan(1000)
  const key = keys.find((each) => !renewed.has(each)) ?? ''
  const askedAt = world.environment.time.now
  await world.environment.passUntil(pool.session(key).getAccessToken())
  expect(world.environment.time.now - askedAt).toBeLessThan(500)
  await world.environment.pass(100_000)
  expect(world.requests).toHaveLength(2000)
  expect(world.busiestSecond).toBeLessThanOrEqual(22)
  pool.dispose()
})

test('a session that waits for its turn goes first once a caller waits for it', async () => {
  const world = new PoolWorld()
  const pool = world.pool({ maxRenewalsPerSecond: 1, autoRenew: false })
  const keys = await world.signIn(pool, 20)
  await world.environment.pass(hourMs)
  pool.add(keys)
  await world.environment.pass(1500)
  expect(pool.metrics().waiting).toBeGreaterThan(15)
  for (const key of keys.slice(5, 10)) {
    const askedAt = world.environment.time.now
    await world.environment.passUntil(pool.session(key).getAccessToken())
    expect(world.environment.time.now - askedAt).toBeLessThanOrEqual(1100)
  }
  expect(world.requests.length).toBeLessThanOrEqual(8)
  pool.dispose()
})

test('a turn in which nothing is sent, since another process was faster, is given back', async () => {
  const world = new PoolWorld()
  const [slow, quick] = [world.pool({ maxRenewalsPerSecond: 1, autoRenew: false }), world.pool({ autoRenew: false })]
  const keys = await world.signIn(quick, 100)
  await world.environment.pass(hourMs)
  slow.add(keys)
  await world.environment.pass(500)
  expect(slow.metrics().waiting).toBe(20)
  quick.add(keys)
  await world.environment.pass(4000)
  expect(world.requests).toHaveLength(100)
  expect(slow.metrics()).toMatchObject({ due: 0, waiting: 0, open: 0 })
  slow.dispose()
  quick.dispose()
})

test('a pool that is disposed of makes none of the renewals that wait for their turn, and does not wait for them', async () => {
  const world = new PoolWorld()
  const pool = world.pool({ maxRenewalsPerSecond: 1, autoRenew: false })
  const keys = await world.signIn(pool, 100)
  await world.environment.pass(hourMs)
  pool.add(keys)
  await world.environment.pass(500)
  const call = failureOf(pool.session(keys[7] ?? '').getAccessToken())
  const sent = world.requests.length
  await world.environment.passUntil(pool[Symbol.asyncDispose](), 100)
  expect(await call).toMatchObject({ code: 'aborted' })
  expect(world.environment.timers.size).toBe(0)
  await world.environment.pass(120_000)
  expect(world.requests).toHaveLength(sent)
  expect(await failureOf(pool.session(keys[8] ?? '').getAccessToken())).toMatchObject({ code: 'aborted' })
})

test('four pools on one store renew each session once', async () => {
  const world = new PoolWorld()
  const pools = Array.from({ length: 4 }, () => world.pool())
  const keys = await world.signIn(pools[0] ?? world.pool(), 400)
  for (const pool of pools) pool.add(keys)
  await world.environment.pass(hourMs + 60_000)
  expect(world.requests).toHaveLength(400)
  expect(world.server.redemptions.every(({ outcome }) => outcome === 'accepted')).toBe(true)
  pools.forEach((pool) => pool.dispose())
})

test('more callers than the pace allows are told at once when to come again', async () => {
  const world = new PoolWorld()
  const pool = world.pool({ maxRenewalsPerSecond: 5, autoRenew: false })
  const keys = await world.signIn(pool, 200)
  await world.environment.pass(hourMs)
  const { time, now } = world.environment
  const [askedAt, comeAgainAfter] = [time.now, now() + 10_000]
  let [served, toldAtOnce] = [0, 0]
  const call = async (key: string): Promise<void> => {
    try {
      await pool.session(key).getAccessToken()
      served++
    } catch (error) {
      expect(error).toMatchObject({ code: 'unavailable' })
      const { retryAt = 0 } = error as { retryAt?: number }
      if (time.now === askedAt && retryAt > comeAgainAfter) toldAtOnce++
    }
  }
  await world.environment.passUntil(Promise.all(keys.map(call)))
  expect(served).toBeGreaterThanOrEqual(45)
  expect(toldAtOnce).toBeGreaterThanOrEqual(145)
  expect(world.busiestSecond).toBeLessThanOrEqual(7)
  pool.dispose()
})

test('a pool may renew less than once a second, and callers are told at once when to come', async () => {
  const world = new PoolWorld()
  const { environment } = world
  const pool = world.pool({ maxRenewalsPerSecond: 0.05, autoRenew: false })
  const [first = '', second = '', ...others] = await world.signIn(pool, 5)
  await environment.pass(hourMs)
  await environment.passUntil(pool.session(first).getAccessToken(), 100)
  const askedAt = environment.time.now
  const told = await environment.passUntil(failureOf(pool.session(second).getAccessToken()))
  expect(told).toMatchObject({ code: 'unavailable' })
  expect(environment.time.now - askedAt).toBeLessThan(100)
  const waitMs = Number((told as { retryAt?: number }).retryAt) - environment.now()
  expect(waitMs).toBeGreaterThan(19_000)
  expect(waitMs).toBeLessThan(21_000)
  await environment.pass(waitMs + 1000)
  await environment.passUntil(pool.session(second).getAccessToken(), 100)
  pool.add(others)
  await environment.pass(59_000)
  expect(world.requests).toHaveLength(4)
  expect(pool.metrics().pace).toBe(0.05)
  pool.dispose()
})

test('what the store does not take stays in memory until it does', async () => {
  const world = new PoolWorld()
  const pool = world.pool({ autoRenew: false, idleSeconds: 1 })
  const [key = ''] = await world.signIn(pool, 1)
  await world.environment.pass(hourMs)
  world.onRequest = () => (world.store.isReadOnly = true)
  const token = await world.environment.passUntil(pool.session(key).getAccessToken())
  await world.environment.pass(600_000)
  expect(pool.metrics().open).toBe(1)
  world.store.isReadOnly = false
  await world.environment.pass(10_000)
  expect(pool.metrics().open).toBe(0)
  expect(await pool.session(key).getAccessToken()).toBe(token)
  expect(world.requests).toHaveLength(1)
  pool.dispose()
})

test('a pool that lets go of sessions at once looks at leisure after those that are still used', async () => {
  const world = new PoolWorld()
  const { environment } = world
  const pool = world.pool({ autoRenew: false, idleSeconds: 0 })
  const [slow = ''] = await world.signIn(pool, 1)
  await environment.pass(hourMs)
  world.fault = { type: 'delay', responseMs: 5000 }
  const waiting = pool.session(slow).getAccessToken()
  let timers = 0
  const { setTimer } = environment
  Object.assign(environment, { setTimer: (...args: Parameters<typeof setTimer>) => (timers++, setTimer(...args)) })
  await environment.pass(100)
  await failureOf(pool.session('stranger').getAccessToken())
  await environment.pass(4000)
  expect(timers).toBeLessThan(50)
  await environment.passUntil(waiting)
  await environment.pass(2000)
  expect(pool.metrics().open).toBe(0)
  pool.dispose()
})

test('while the store is down it is asked at leisure, and nothing is sent; then all goes on', async () => {
  const world = new PoolWorld()
  const pool = world.pool()
  await world.signIn(pool, 200)
  world.store.isUnreadable = true
  let reads = 0
  const { read } = world.store
  world.store.read = (key) => (reads++, read.call(world.store, key))
  await world.environment.pass(hourMs + 60_000)
  expect(world.requests).toHaveLength(0)
  expect(reads).toBeLessThan(60 * 2 * 25)
  world.store.isUnreadable = false
  await world.environment.pass(60_000)
  expect(world.requests).toHaveLength(200)
  pool.dispose()
})

test('a process that was stopped lets go of no session that fell due meanwhile', async () => {
  const world = new PoolWorld()
  const { environment } = world
  const pool = world.pool()
  const [key = ''] = await world.signIn(pool, 1)
  await environment.pass(hourMs - 100_000)
  await pool.session(key).getAccessToken()
  environment.stop(100_000)
  await environment.pass(120_000)
  expect(world.requests).toHaveLength(1)
  pool.dispose()
})

test('events tell whose session they are of, and there is no token in them', async () => {
  const world = new PoolWorld()
  const events: PoolEvent[] = []
  const pool = world.pool({ onPoolEvent: (event) => events.push(event) })
  const renewed: string[] = []
  pool.on('renewed', ({ key }) => renewed.push(key))
  const [first = '', second = ''] = await world.signIn(pool, 2)
  await world.environment.pass(hourMs)
  expect(renewed.sort()).toEqual([first, second])
  await world.environment.passUntil(pool.session(first).signOut())
  world.server.revoke(1)
  await world.environment.passUntil(failureOf(pool.session(second).renew()))
  expect(events.map(({ type, key }) => `${key} ${type}`)).toEqual([
    `${first} adopted`,
    `${second} adopted`,
    expect.stringContaining('renewed'),
    expect.stringContaining('renewed'),
    `${first} signedOut`,
    `${second} ended`,
  ])
  expect(JSON.stringify(events)).not.toMatch(/access\.|refresh\./)
  await world.environment.pass(120_000)
  expect(pool.metrics()).toMatchObject({ sessions: 0, open: 0 })
  expect(world.environment.timers.size).toBe(0)
  pool.dispose()
})

test('a session that is removed is renewed no more, and comes back with its next use', async () => {
  const world = new PoolWorld()
  const pool = world.pool()
  const [key = ''] = await world.signIn(pool, 1)
  pool.remove(key)
  await world.environment.pass(2 * hourMs)
  expect(world.requests).toHaveLength(0)
  expect(pool.metrics().sessions).toBe(0)
  await world.environment.passUntil(pool.session(key).getAccessToken())
  expect(world.requests).toHaveLength(1)
  pool.dispose()
})
