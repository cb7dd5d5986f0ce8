import { describe, expect, test } from 'vitest'
import type { TokenEvent } from '../../src/core/events.js'
import type { Snapshot } from '../../src/core/snapshot.js'
import { failureOf, ScriptedWorld, watchUnhandled, type Seat } from './scripted-world.js'

const types = ['adopted', 'renewed', 'ended', 'signedOut', 'error'] as const

function eventsOf({ manager }: Seat): TokenEvent[] {
  const events: TokenEvent[] = []
  for (const type of types) manager.on(type, (event) => events.push(event))
  return events
}

describe('the snapshot', () => {
  test('stays the same object for as long as nothing in it changes', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60, holders: 2 })
    await world.signIn()
    const { manager } = world.seat()
    const before = manager.getSnapshot()
    await world.pass(30)
    await world.finish(manager.getAccessToken())
    expect(manager.getSnapshot()).toBe(before)
    await world.pass(30)
    expect(manager.getSnapshot()).not.toBe(before)
  })

  test('goes from starting over active to signed out, and tells its subscribers each time', async () => {
    const world = new ScriptedWorld()
    const { manager } = world.seat()
    const statuses = [manager.getSnapshot().status]
    const stop = manager.subscribe(() => statuses.push(manager.getSnapshot().status))
    await world.pass(1)
    await world.signIn()
    await world.finish(manager.signOut())
    await world.pass(1)
    stop()
    await world.signIn()
    expect(statuses).toEqual(['starting', 'signed_out', 'active', 'signed_out'])
  })

  test('tells when the token ends and whose session it is', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 600 })
    const { manager, holder } = world.seat()
    await world.finish(manager.setTokens(await world.server.signIn({ scope: 'openid profile' })))
    expect(manager.getSnapshot()).toMatchObject({
      status: 'active',
      scope: 'openid profile',
      identity: { sub: 'alice' },
    })
    const { expiresAt } = manager.getSnapshot() as Extract<Snapshot, { status: 'active' }>
    expect(expiresAt).toBeCloseTo(holder.environment.now() + 600_000, -2)
  })

  test('tells why the last renewal failed, until one succeeds', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 600 })
    await world.signIn()
    const { manager } = world.seat()
    world.isDownUntil = world.time.now + 560_000
    await world.pass(560)
    expect(manager.getSnapshot()).toMatchObject({ error: { code: 'unavailable' } })
    await world.pass(60)
    expect(manager.getSnapshot()).toMatchObject({ error: undefined, generation: 1 })
  })

  test('P-068 reaches every holder', async () => {
    const world = new ScriptedWorld({ holders: 3, lifetimeSeconds: 60 })
    await world.signIn()
    await world.pass(50)
    const generations = world.seats.map(({ manager }) => (manager.getSnapshot() as { generation?: number }).generation)
    expect(generations).toEqual([1, 1, 1])
  })
})

describe('events', () => {
  test('tell of sign-ins, renewals and sign-outs, and who made the renewal', async () => {
    const world = new ScriptedWorld({ holders: 2, lifetimeSeconds: 600 })
    const [first, second] = [world.seat(0), world.seat(1)]
    await world.pass(1)
    const [ours, theirs] = [eventsOf(first), eventsOf(second)]
    await world.signIn()
    await world.pass(10)
    await world.finish(first.manager.renew())
    await world.pass(1)
    await world.finish(second.manager.signOut())
    await world.pass(1)
    expect(ours.map(({ type }) => type)).toEqual(['adopted', 'renewed', 'signedOut'])
    expect(theirs.map(({ type }) => type)).toEqual(['adopted', 'renewed', 'signedOut'])
    expect(ours[1]).toMatchObject({ by: 'here', generation: 1 })
    expect(theirs[1]).toMatchObject({ by: 'elsewhere', generation: 1 })
  })

  test('of failures come once for each attempt', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    const events = eventsOf(world.seat())
    world.isDownUntil = Infinity
    await world.pass(56)
    expect(events.length).toBeGreaterThan(1)
    expect([0, 1]).toContain(world.requests - events.length)
    expect(events.every(({ type }) => type === 'error')).toBe(true)
  })

  test('may call the manager back, and nothing waits for anything', async () => {
    const world = new ScriptedWorld()
    await world.signIn()
    await world.pass(10)
    const { manager } = world.seat()
    const seen: string[] = []
    manager.on('renewed', () => {
      void manager.getAccessToken().then((token) => seen.push(token))
      void manager.renew().then(({ accessToken }) => seen.push(accessToken))
    })
    const { accessToken } = await world.finish(manager.renew())
    await world.pass(1)
    expect(seen).toEqual([accessToken, accessToken])
    expect(world.requests).toBe(1)
  })

  test('stop with the function that on() returned', async () => {
    const world = new ScriptedWorld()
    const { manager } = world.seat()
    let count = 0
    const stop = manager.on('adopted', () => count++)
    manager.on('adopted', () => stop())
    await world.signIn()
    await world.signIn()
    expect(count).toBe(1)
  })

  test('reach the other listeners when one of them throws, and its error is not swallowed', async () => {
    const world = new ScriptedWorld()
    const { manager } = world.seat()
    const surfaced: unknown[] = []
    const listener = (error: unknown): number => surfaced.push(error)
    process.on('unhandledRejection', listener)
    let count = 0
    manager.on('adopted', () => {
      throw new Error('a mistake of the app')
    })
    manager.on('adopted', () => count++)
    await world.signIn()
    process.off('unhandledRejection', listener)
    expect(count).toBe(1)
    expect(surfaced).toHaveLength(1)
  })
})

describe('diagnose()', () => {
  test('P-214 tells what was seen of the server, the store and the lock', async () => {
    const world = new ScriptedWorld({ rotation: { graceSeconds: 30 }, lifetimeSeconds: 600 })
    await world.signIn()
    await world.pass(10)
    const { manager } = world.seat()
    world.faults.push({ type: 'drop-response' })
    await world.finish(manager.renew())
    expect(manager.diagnose()).toMatchObject({
      store: { durability: 'strict', isBehind: false },
      session: { state: 'live', generation: 1, secondsLeft: 599, intent: undefined },
      lock: 'none',
      server: { refreshToken: 'rotated', acceptedRetry: true },
    })
    expect(manager.diagnose().transitions.map(({ what }) => what)).toEqual([
      'adopted',
      expect.stringContaining('unavailable') as string,
      'renewed here: generation 1',
    ])
  })

  test('keeps the last twenty transitions', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    await world.pass(3600)
    const { manager } = world.seat()
    const told = manager.diagnose().transitions as unknown[]
    expect(told.splice(0)).toHaveLength(20)
    expect(manager.diagnose().transitions).toHaveLength(20)
  })

  test('tells by how much the server’s clock is ahead', async () => {
    const world = new ScriptedWorld()
    world.wallOffset = -120_000
    await world.signIn()
    await world.pass(10)
    await world.finish(world.seat().manager.renew())
    expect(world.seat().manager.diagnose().serverClockOffsetMs).toBeCloseTo(120_000, -3.5)
  })
})

describe('dispose()', () => {
  test('sends waiting calls away, stops all timers, and leaves the session in the store', async () => {
    watchUnhandled()
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    await world.pass(10)
    const { manager, holder } = world.seat()
    world.faults.push({ type: 'delay', responseMs: 1000 })
    const call = failureOf(manager.renew())
    await world.pass(0.5)
    manager.dispose()
    expect((await world.finish(call)).code).toBe('aborted')
    expect((await failureOf(world.finish(manager.getAccessToken()))).code).toBe('aborted')
    await world.pass(2)
    expect(world.store.record).toMatchObject({ state: 'live', generation: 1 })
    expect(holder.pendingTimers).toBe(0)
    await world.pass(600)
    expect(world.requests).toBe(1)
  })

  test('as `await using` waits for the renewal under way', async () => {
    const world = new ScriptedWorld()
    await world.signIn()
    await world.pass(10)
    const { manager } = world.seat()
    world.faults.push({ type: 'delay', responseMs: 1000 })
    void manager.renew().catch(() => undefined)
    await world.pass(0.5)
    await world.finish(manager[Symbol.asyncDispose]())
    expect(world.store.record).toMatchObject({ state: 'live', generation: 1 })
  })
})

describe('autoRenew: false', () => {
  test('still follows other holders: after a change of account it gives no token of the old one', async () => {
    const world = new ScriptedWorld({ holders: 2 })
    const [one, other] = [world.seat(0), world.seat(1)]
    for (const { manager } of world.seats) manager.stop()
    await world.signIn('alice')
    await world.finish(other.manager.getAccessToken())
    await world.finish(one.manager.signOut())
    await world.signIn('bob')
    const token = await world.finish(other.manager.getAccessToken())
    expect(world.server.inspect(token)?.subject).toBe('bob')
    expect(other.holder.pendingTimers).toBe(0)
  })

  test('P-094 F-046 sets no timer and renews when a token is asked for', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    const { manager, holder } = world.seat()
    manager.stop()
    await world.pass(600)
    expect(world.requests).toBe(0)
    expect(holder.pendingTimers).toBe(0)
    await world.finish(manager.getAccessToken())
    expect(world.requests).toBe(1)
    manager.start()
    await world.pass(60)
    expect(world.requests).toBe(2)
  })
})
