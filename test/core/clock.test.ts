import { describe, expect, test } from 'vitest'
import { systemEnvironment } from '../../src/core/environment.js'
import { countLifetime } from '../../src/core/lifetime.js'
import { ScriptedWorld } from './scripted-world.js'

describe('the clock', () => {
  test('P-095 F-018 set back does not make an expired token valid again', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    const { manager } = world.seat()
    manager.stop()
    const old = await world.finish(manager.getAccessToken())
    await world.pass(70)
    world.wallOffset -= 3_600_000
    expect(await world.finish(manager.getAccessToken())).not.toBe(old)
  })

  test('P-095 set forward costs one renewal and no more', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 3600 })
    await world.signIn()
    world.wallOffset += 24 * 3_600_000
    await world.pass(3000)
    await world.finish(world.seat().manager.getAccessToken())
    await world.pass(60)
    expect(world.requests).toBe(1)
  })

  test('P-092 runs on while the machine sleeps: after ten hours no expired token is given', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 3600 })
    await world.signIn()
    const { holder, manager } = world.seat()
    const old = await world.finish(manager.getAccessToken())
    holder.pause()
    await world.pass(36_000)
    holder.asleepFor += 36_000_000
    holder.resume()
    const token = await world.finish(manager.getAccessToken())
    expect(token).not.toBe(old)
    expect(world.requests).toBe(1)
  })

  test('P-092 a server that wanted to be left alone for a while is asked again when that was slept through', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    const { holder, manager } = world.seat()
    world.faults.push({ type: 'respond', status: 503, headers: { 'retry-after': '3000' } })
    await world.pass(70)
    expect(world.requests).toBe(1)
    holder.pause()
    await world.pass(7200)
    holder.asleepFor += 7_200_000
    holder.resume()
    expect(await world.finish(manager.getAccessToken(), 2)).toMatch(/^access/)
    expect(world.requests).toBe(2)
  })

  test('makes at most one renewal when five holders wake together', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 3600, holders: 5 })
    await world.signIn()
    for (const { holder } of world.seats) holder.pause()
    await world.pass(36_000)
    for (const { holder } of world.seats) holder.resume()
    await world.pass(1)
    expect(world.requests).toBe(1)
  })

  test('of another machine may be hours off: it costs a renewal, and nobody renews all the time', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 3600, holders: 2 })
    world.seat(1).holder.wallOffset = () => 7_200_000
    await world.signIn()
    await world.pass(36_000)
    expect(world.requests).toBeGreaterThanOrEqual(10)
    expect(world.requests).toBeLessThan(30)
  })
})

describe('lifetimes', () => {
  test('P-091 beyond the range of timers are no storm', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 * 24 * 3600 })
    await world.signIn()
    await world.pass(30 * 24 * 3600)
    expect(world.requests).toBe(0)
    await world.pass(31 * 24 * 3600)
    expect(world.requests).toBe(1)
  })

  test('nobody knows are taken for an hour, and the token is served for as long as it cannot be renewed', async () => {
    const world = new ScriptedWorld()
    const response = { ...(await world.server.signIn()), expires_in: undefined }
    const { manager } = world.seat()
    await world.finish(manager.setTokens(response))
    await world.pass(3500)
    expect(world.requests).toBe(0)
    world.isDownUntil = Infinity
    await world.pass(36_000)
    expect(await world.finish(manager.getAccessToken())).toBe(response.access_token)
    world.isDownUntil = 0
    await world.pass(200)
    expect(await world.finish(manager.getAccessToken())).not.toBe(response.access_token)
  })

  test('are no longer when the process is stopped between any two looks at the clock', () => {
    const token = { token: 'token', type: 'Bearer', obtainedAt: 0, lifetimeMs: 60_000, scope: undefined }
    for (let looksBefore = 0; looksBefore < 10; looksBefore++) {
      let looks = 0
      const clock = (): number => (looks++ < looksBefore ? 0 : 60_000)
      const lifetime = countLifetime(token, { ...systemEnvironment, now: clock, monotonic: clock }, 0, 0)
      looks = looksBefore
      expect(lifetime.remaining()).toBeLessThanOrEqual(0)
      expect(lifetime.untilDue()).toBeLessThanOrEqual(0)
    }
  })

  test('P-077 P-090 of a second are renewed once a second at most', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 1 })
    await world.signIn()
    const before = world.requests
    await world.pass(60)
    expect(world.requests - before).toBeGreaterThanOrEqual(40)
    expect(world.requests - before).toBeLessThanOrEqual(60)
  })

  test('are looked at again every six hours at least and every second at most', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 365 * 24 * 3600 })
    const timers: number[] = []
    const { environment } = world.seat().holder
    const { setTimer } = environment
    environment.setTimer = (callback, ms) => {
      timers.push(ms)
      return setTimer(callback, ms)
    }
    await world.signIn()
    await world.pass(48 * 3600)
    expect(Math.max(...timers)).toBeLessThanOrEqual(6 * 3_600_000)
    expect(timers.filter((ms) => ms > 10_000).length).toBeGreaterThanOrEqual(8)
  })
})
