import { expect, test } from 'vitest'
import { ScriptedWorld } from './scripted-world.js'

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
