import { expect, test } from 'vitest'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'
import { PoolWorld } from './pool-world.js'
import { failureOf, ScriptedWorld } from './scripted-world.js'

test('an answer that is lost is followed up in time, although a balancer answers the next request with a page', async () => {
  const world = new ScriptedWorld({ rotation: { graceSeconds: 30 } })
  await world.signIn()
  const { manager } = world.seat()
  world.faults.push({ type: 'drop-response' }, { type: 'respond', status: 404, body: '<h1>nginx</h1>' })
  await world.pass(4300)
  await world.finish(manager.getAccessToken()).catch(() => undefined)
  await world.pass(30)
  expect(manager.getSnapshot().status).toBe('active')
})

test('one page of a balancer does not end renewals in the background', async () => {
  const world = new ScriptedWorld()
  await world.signIn()
  world.faults.push({ type: 'respond', status: 404, body: '<h1>nginx</h1>' })
  await world.pass(24 * 3600)
  expect(world.requests).toBeGreaterThan(20)
})

test('an answer with a refresh token alone is told of', async () => {
  let n = 0
  const environment = new FakeEnvironment(async () => Response.json({ refresh_token: `r-${++n}` }))
  const manager = managerOf(environment, { grant: refreshTokenGrant(), autoRenew: false })
  const told: string[] = []
  manager.on('error', ({ error }) => told.push(error.message))
  await manager.setTokens({ refresh_token: 'r-0' })
  const failing = failureOf(manager.getAccessToken())
  await environment.pass(30_000)
  expect((await failing).message).toContain('without an access token')
  expect(told).not.toEqual([])
})

test('a pool is slowed down by pages in place of answers, as from a firewall', async () => {
  const world = new PoolWorld()
  const pool = world.pool({ maxRenewalsPerSecond: 20 })
  await world.signIn(pool, 100)
  await world.environment.pass(3_600_000 - 120_000)
  world.fault = { type: 'respond', status: 403, body: '<h1>blocked</h1>' }
  await world.environment.pass(3_600_000)
  expect(pool.metrics().pace).toBeLessThanOrEqual(2)
  pool.dispose()
})
