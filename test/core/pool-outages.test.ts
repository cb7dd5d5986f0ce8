import { expect, test } from 'vitest'
import { commonFaults } from '../../src/testing/faults.js'
import { PoolWorld } from './pool-world.js'

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
