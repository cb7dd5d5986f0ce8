import { describe, expect, test } from 'vitest'
import type { EvergrantError } from '../../src/core/errors.js'
import { commonFaults, type Fault } from '../../src/testing/faults.js'
import { PoolWorld } from './pool-world.js'
import { failureOf } from './scripted-world.js'

const hourMs = 3_600_000

test('an outage slows the pool down, and when it is over there is no storm and nobody is signed out', async () => {
  const world = new PoolWorld()
  const pool = world.pool({ maxRenewalsPerSecond: 20 })
  const keys = await world.signIn(pool, 1000)
  await world.environment.pass(hourMs - 120_000)
  world.fault = { type: 'respond', status: 503 }
  await world.environment.pass(300_000)
  expect(pool.metrics().pace).toBeLessThanOrEqual(2)
  expect(world.requests.length).toBeLessThan(600)
  world.fault = undefined
  world.requests.length = 0
  await world.environment.pass(300_000)
  expect(world.busiestSecond).toBeLessThanOrEqual(22)
  expect(new Set(world.server.redemptions.map(({ family }) => family)).size).toBe(1000)
  for (const key of keys) await pool.session(key).getAccessToken()
  expect(pool.metrics().pace).toBe(20)
  pool.dispose()
})

test('sessions whose answers were lost go first, so that a grace period is long enough however many are due', async () => {
  const world = new PoolWorld()
  world.server.rotation = { graceSeconds: 30 }
  const pool = world.pool({ autoRenew: false, maxConcurrentRenewals: 1000 })
  const keys = await world.signIn(pool, 3000)
  const ended: string[] = []
  pool.on('ended', ({ key }) => ended.push(key))
  await world.environment.pass(hourMs)
  pool.add(keys)
  await world.environment.pass(1000)
  world.fault = { type: 'error-after-commit' }
  await world.environment.pass(8000)
  expect(pool.metrics().failures).toBeGreaterThan(50)
  world.fault = undefined
  await world.environment.pass(120_000)
  expect(ended).toEqual([])
  expect(new Set(world.server.redemptions.map(({ family }) => family)).size).toBe(3000)
  expect(pool.metrics()).toMatchObject({ sessions: 3000, due: 0, waiting: 0 })
  pool.dispose()
})

test('a server that says when to come again is left alone until then, whatever is due', async () => {
  const world = new PoolWorld()
  const pool = world.pool({ autoRenew: false })
  const keys = await world.signIn(pool, 500)
  await world.environment.pass(hourMs)
  pool.add(keys)
  await world.environment.pass(1000)
  world.fault = commonFaults.unavailable(30)
  await world.environment.pass(1000)
  world.fault = undefined
  const sent = world.requests.length
  await world.environment.pass(28_000)
  expect(world.requests).toHaveLength(sent)
  await world.environment.pass(60_000)
  expect(pool.metrics()).toMatchObject({ due: 0, waiting: 0, renewals: 500 })
  pool.dispose()
})

/** What a caller is told, and that it need not wait for it. */
async function toldAtOnce(world: PoolWorld, call: Promise<unknown>): Promise<{ code: string; waitMs: number }> {
  const { environment } = world
  const askedAt = environment.time.now
  const { code, retryAt = NaN } = (await environment.passUntil(failureOf(call))) as EvergrantError
  expect(environment.time.now - askedAt).toBeLessThan(100)
  return { code, waitMs: retryAt - environment.now() }
}

test('while a server is left alone, callers are told at once when to come again', async () => {
  const world = new PoolWorld()
  const pool = world.pool({ autoRenew: false })
  const [first = '', second = ''] = await world.signIn(pool, 2)
  await world.environment.pass(hourMs)
  world.fault = commonFaults.unavailable(60)
  await toldAtOnce(world, pool.session(first).getAccessToken())
  world.fault = undefined
  const { code, waitMs } = await toldAtOnce(world, pool.session(second).getAccessToken())
  expect(code).toBe('unavailable')
  expect(waitMs).toBeGreaterThan(59_000)
  expect(waitMs).toBeLessThan(61_000)
  await world.environment.pass(waitMs + 1000)
  await world.environment.passUntil(pool.session(second).getAccessToken(), 1000)
  expect(world.requests).toHaveLength(2)
  pool.dispose()
})

describe.each<[string, Fault]>([
  ['status 429', commonFaults.tooManyRequests({ 'retry-after': '600' })],
  ['a refusal', { type: 'respond', status: 400, body: { error: 'temporarily_unavailable', interval: 600 } }],
])('a server that tells a session by %s to come later', (_how, limit) => {
  test('means that one, and the others go on', async () => {
    const world = new PoolWorld()
    const pool = world.pool({ autoRenew: false })
    const keys = await world.signIn(pool, 10)
    await world.environment.pass(hourMs)
    for (const [index, key] of keys.entries()) {
      world.fault = index % 2 === 0 ? limit : undefined
      const call = pool.session(key).getAccessToken()
      if (index % 2 === 1) await world.environment.passUntil(call, 2000)
      else expect((await toldAtOnce(world, call)).waitMs).toBeGreaterThan(599_000)
    }
    pool.dispose()
  })

  test('means that one, however often it says so', async () => {
    const world = new PoolWorld()
    const pool = world.pool({ autoRenew: false })
    const [limited = '', other = ''] = await world.signIn(pool, 2)
    await world.environment.pass(hourMs)
    world.fault = limit
    await toldAtOnce(world, pool.session(limited).getAccessToken())
    await world.environment.pass(hourMs)
    await toldAtOnce(world, pool.session(limited).getAccessToken())
    expect(world.requests).toHaveLength(2)
    world.fault = undefined
    await world.environment.passUntil(pool.session(other).getAccessToken(), 2000)
    pool.dispose()
  })

  test('means all when it tells one after the other', async () => {
    const world = new PoolWorld()
    const pool = world.pool({ autoRenew: false })
    const [first = '', second = '', third = ''] = await world.signIn(pool, 3)
    await world.environment.pass(hourMs)
    world.fault = limit
    for (const key of [first, second]) await toldAtOnce(world, pool.session(key).getAccessToken())
    world.fault = undefined
    const { waitMs } = await toldAtOnce(world, pool.session(third).getAccessToken())
    expect(waitMs).toBeGreaterThan(59_000)
    expect(world.requests).toHaveLength(2)
    await world.environment.pass(waitMs + 1000)
    await world.environment.passUntil(pool.session(third).getAccessToken(), 2000)
    pool.dispose()
  })
})
