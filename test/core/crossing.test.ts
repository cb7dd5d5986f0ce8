import { expect, test } from 'vitest'
import { EvergrantError } from '../../src/core/errors.js'
import type { Grant } from '../../src/core/grant.js'
import { memoryStore } from '../../src/stores/memory.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'
import { failureOf, ScriptedWorld } from './scripted-world.js'

const outcomes = (world: ScriptedWorld) => world.server.redemptions.map(({ outcome }) => outcome)

test('nobody rotates without need when a late answer is stored while the retry is on its way', async () => {
  const world = new ScriptedWorld({ rotation: 'until-child-used', holders: 2 })
  await world.signIn()
  await world.pass(10)
  world.faults.push({ type: 'delay', responseMs: 12_000 }, { type: 'delay', requestMs: 8000 })
  void world
    .seat(0)
    .manager.renew()
    .catch(() => undefined)
  await world.pass(13)
  await world.finish(world.seat(1).manager.renew()).catch(() => undefined)
  await world.pass(20)
  expect(outcomes(world)).toEqual(['accepted', 'repeated'])
})

test('nor when a tab that was frozen stores its answer while the one that took over is sending', async () => {
  const world = new ScriptedWorld({ rotation: 'until-child-used', holders: 3 })
  await world.signIn()
  await world.pass(10)
  for (const { manager } of world.seats) manager.stop()
  world.faults.push({ type: 'delay', responseMs: 1000 }, { type: 'delay', requestMs: 6000 })
  world.network.onNextSend((holder) => {
    world.time.after(10, () => holder.pause())
    world.time.after(7500, () => holder.resume())
  })
  void world
    .seat(0)
    .manager.renew()
    .catch(() => undefined)
  await world.pass(0.2)
  void world
    .seat(1)
    .manager.renew()
    .catch(() => undefined)
  await world.pass(9)
  await world.finish(world.seat(2).manager.renew()).catch(() => undefined)
  await world.pass(20)
  expect(outcomes(world)).toEqual(['accepted', 'repeated'])
})

test('what becomes of a renewal of the old session says nothing of the new one', async () => {
  const world = new ScriptedWorld()
  await world.signIn('alice')
  const { manager, holder } = world.seat()
  const { fetch } = holder.environment
  holder.environment.fetch = () =>
    holder.answer(4000, () => Response.json({ error: 'interaction_required' }, { status: 400 }))
  while (!manager.diagnose().session.intent) await world.pass(0.2)
  holder.environment.fetch = fetch
  await world.finish(manager.setTokens(await world.server.signIn({ subject: 'alice' })))
  await world.pass(10)
  expect(manager.getSnapshot()).toMatchObject({ status: 'active', error: undefined })
  await world.pass(3600)
  expect(manager.getSnapshot()).toMatchObject({ generation: 1 })
})

test('a tab that was frozen with its request, which fails, shows no failure of a session that is fresh', async () => {
  const world = new ScriptedWorld({ rotation: { graceSeconds: 60 }, holders: 2 })
  await world.signIn()
  const [a, b] = [world.seat(0), world.seat(1)]
  const errors: string[] = []
  a.manager.on('error', ({ error }) => errors.push(error.message))
  a.holder.environment.fetch = () => {
    world.time.after(10, () => a.holder.pause())
    world.time.after(60_000, () => a.holder.resume())
    return a.holder.answer(20, () => Promise.reject(new TypeError('fetch failed')))
  }
  b.manager.stop()
  await world.pass(3550)
  b.manager.start()
  await world.pass(1800)
  expect(a.manager.getSnapshot()).toMatchObject({ generation: 1, error: undefined })
  expect(errors).toEqual([])
})

test('a refusal that comes after another holder has taken over leaves the session to that one', async () => {
  const world = new ScriptedWorld({ rotation: 'strict', reuseRevokes: false, holders: 2 })
  await world.signIn()
  await world.pass(10)
  for (const { manager } of world.seats) manager.stop()
  world.faults.push({ type: 'delay', requestMs: 7900 }, { type: 'delay', responseMs: 3000 })
  world.network.onNextSend((holder) => {
    world.time.after(10, () => holder.pause())
    world.time.after(7000, () => holder.resume())
  })
  const calls = [
    world
      .seat(0)
      .manager.renew()
      .catch(() => undefined),
  ]
  await world.pass(0.2)
  calls.push(
    world
      .seat(1)
      .manager.renew()
      .catch(() => undefined),
  )
  await world.pass(40)
  await Promise.all(calls)
  expect(world.seat(1).manager.getSnapshot()).toMatchObject({ status: 'active', generation: 1 })
})

test('an owner whose request for one kind was refused is not taken for dead in its next turn', async () => {
  const world = new ScriptedWorld({ rotation: 'strict', holders: 2 })
  await world.signIn()
  await world.pass(10)
  for (const { manager } of world.seats) manager.stop()
  const [a, b] = [world.seat(0).manager, world.seat(1).manager]
  world.faults.push({ type: 'respond', status: 400, body: '{"error":"invalid_target"}' })
  await failureOf(world.finish(a.getAccessToken({ resource: 'https://orders.example/' })))
  await world.pass(20)
  world.faults.push({ type: 'delay', responseMs: 3000 })
  const one = a.renew().catch((error: unknown) => error)
  await world.pass(0.5)
  const two = b.renew().catch((error: unknown) => error)
  await world.pass(60)
  await Promise.all([one, two])
  expect(a.getSnapshot()).toMatchObject({ status: 'active', generation: 1 })
  expect(world.requests).toBe(2)
  await world.finish(a.renew())
})

test('a late answer after an attempt that never left keeps the distance from the retry that is on its way', async () => {
  const environment = new FakeEnvironment()
  const store = memoryStore()
  let attempts = 0
  const grant: Grant = async ({ sending }) => {
    const attempt = ++attempts
    if (attempt === 1) throw new EvergrantError('unavailable', 'the metadata cannot be had')
    sending()
    await new Promise<void>((resolve) => environment.setTimer(resolve, attempt === 2 ? 12_000 : 8000))
    const [access_token, refresh_token] = [`access-${attempt}`, `refresh-${attempt}`]
    return { response: { access_token, refresh_token, token_type: 'Bearer', expires_in: 300 } }
  }
  const manager = managerOf(environment, { store, grant })
  await manager.setTokens({ access_token: 'access-0', refresh_token: 'refresh-0', expires_in: 300 })
  while (attempts < 3) await environment.pass(100)
  await environment.pass(4000)
  expect((await store.read('session'))?.record).toMatchObject({ generation: 1, spacing: { ms: 60_000 } })
  manager.dispose()
})
