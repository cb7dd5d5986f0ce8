import { commonFaults } from 'evergrant/testing'
import { describe, expect, test } from 'vitest'
import type { Grant } from '../../src/core/grant.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import { memoryStore } from '../../src/stores/memory.js'
import { BrittleStore } from '../support/brittle-store.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'
import { failureOf, ScriptedWorld } from './scripted-world.js'

describe('while the server fails', () => {
  test('P-075 a valid token is served, the session kept, and all is well within one step of the back-off', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 600 })
    await world.signIn()
    const { manager } = world.seat()
    world.isDownUntil = world.time.now + 900_000
    await world.pass(590)
    expect(await world.finish(manager.getAccessToken())).toMatch(/^access/)
    await world.pass(100)
    expect((await failureOf(world.finish(manager.getAccessToken()))).code).toBe('unavailable')
    expect(manager.getSnapshot().status).toBe('active')
    await world.pass(211 + 160)
    expect(await world.finish(manager.getAccessToken(), 1)).toMatch(/^access/)
  })

  test('P-077 four holders together send about ten requests in forty seconds', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60, holders: 4 })
    await world.signIn()
    await world.pass(40)
    world.isDownUntil = Infinity
    await world.pass(5)
    const before = world.requests
    for (let second = 0; second < 40; second++) {
      for (const { manager } of world.seats) void manager.getAccessToken().catch(() => undefined)
      await world.pass(1)
    }
    expect(world.requests - before).toBeGreaterThanOrEqual(4)
    expect(world.requests - before).toBeLessThanOrEqual(10)
  })

  test('P-077 a client that calls all the time sends at most thirty requests an hour', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    world.isDownUntil = Infinity
    await world.pass(3600)
    const before = world.requests
    for (let minute = 0; minute < 60; minute++) {
      void world
        .seat()
        .manager.getAccessToken()
        .catch(() => undefined)
      await world.pass(60)
    }
    expect(world.requests - before).toBeGreaterThanOrEqual(25)
    expect(world.requests - before).toBeLessThanOrEqual(31)
  })

  test('P-074 what it asked for is waited for', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    world.faults.push({ type: 'respond', status: 429, headers: { 'retry-after': '100' } })
    await world.pass(60)
    expect(world.requests).toBe(1)
    await world.pass(80)
    expect(world.requests).toBe(1)
    await world.pass(30)
    expect(world.requests).toBe(2)
  })

  test('a caller gets the token of a quick retry and does not see the failure', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60, rotation: { graceSeconds: 30 } })
    await world.signIn()
    const { manager } = world.seat()
    manager.stop()
    await world.pass(100)
    world.faults.push({ type: 'drop-response' })
    expect(await world.finish(manager.getAccessToken())).toMatch(/^access/)
    expect(world.requests).toBe(2)
  })
})

describe('a server that wants to see the user', () => {
  test.each(['interaction_required', 'login_required', 'consent_required', 'mfa_required'])(
    'F-025 and says %s raises an event and keeps the session',
    async (error) => {
      const world = new ScriptedWorld({ lifetimeSeconds: 60 })
      await world.signIn()
      const { manager } = world.seat()
      const codes: string[] = []
      manager.on('error', (event) => codes.push(event.error.code))
      manager.on('ended', () => codes.push('ended'))
      world.faults.push({ type: 'respond', status: 400, body: { error } })
      await world.pass(50)
      expect(codes).toEqual(['login_required'])
      expect(manager.getSnapshot()).toMatchObject({ status: 'active', error: { code: 'login_required' } })
    },
  )
})

describe('an answer', () => {
  test('P-045 that comes after ten seconds is installed all the same', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    const { manager } = world.seat()
    manager.stop()
    await world.pass(10)
    world.faults.push({ type: 'delay', responseMs: 10_100 })
    await failureOf(world.finish(manager.renew()))
    await world.pass(0.5)
    expect(manager.getSnapshot()).toMatchObject({ status: 'active', generation: 1 })
    await world.finish(manager.renew())
    expect(world.server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted'])
  })

  test('P-061 P-065 that takes nine seconds is not overtaken by another holder', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60, holders: 2 })
    await world.signIn()
    for (const { manager } of world.seats) manager.stop()
    await world.pass(100)
    world.faults.push({ type: 'delay', responseMs: 9000 })
    const tokens = await world.finish(Promise.all(world.seats.map(({ manager }) => manager.getAccessToken())))
    expect(new Set(tokens).size).toBe(1)
    expect(world.requests).toBe(1)
  })

  test('with a new refresh token and nothing to use it for is not lost', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    const response = await world.server.signIn()
    const { manager } = world.seat()
    await world.finish(manager.setTokens(response))
    const { fetch } = world.seat().holder.environment
    let isCrippled = true
    world.seat().holder.environment.fetch = async (input, init) => {
      const answer = await fetch(input, init)
      if (!isCrippled) return answer
      const { refresh_token } = (await answer.json()) as { refresh_token: string }
      return new Response(JSON.stringify({ refresh_token, token_type: 'Bearer' }))
    }
    await world.pass(50)
    isCrippled = false
    await world.pass(120)
    expect(await world.finish(manager.getAccessToken())).not.toBe(response.access_token)
    expect(world.server.redemptions.every(({ outcome }) => outcome === 'accepted')).toBe(true)
  })
})

describe('a request that was given up', () => {
  test('F-012 P-061 before it left is not sent any more: its turn may be that of another by then', async () => {
    const environment = new FakeEnvironment()
    const sent: (string | undefined)[] = []
    let isFirst = true
    const manager = managerOf(environment, {
      async grant({ refreshToken, sending }) {
        if (isFirst) {
          isFirst = false
          await new Promise<void>((resolve) => environment.setTimer(resolve, 10_300))
        }
        sending()
        sent.push(refreshToken)
        await new Promise<void>((resolve) => environment.setTimer(resolve, 1200))
        return { response: { access_token: 'a', refresh_token: `refresh-${sent.length}`, expires_in: 3600 } }
      },
    })
    await manager.setTokens({ refresh_token: 'refresh-0' })
    await environment.pass(60_000)
    expect(sent).toEqual(['refresh-0'])
    manager.dispose()
  })

  test('F-012 may arrive late: until then nobody renews without need, so that it finds its token one rotation old', async () => {
    const world = new ScriptedWorld({ rotation: 'until-child-used' })
    await world.signIn()
    const { manager } = world.seat()
    await world.pass(10)
    world.faults.push({ type: 'delay', requestMs: 45_000 })
    await failureOf(world.finish(manager.renew()))
    await world.pass(10)
    expect(manager.getSnapshot()).toMatchObject({ status: 'active', generation: 1 })
    expect(await failureOf(world.finish(manager.renew()))).toMatchObject({ code: 'unavailable' })
    await world.pass(60)
    await world.finish(manager.renew())
    expect(world.server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted', 'repeated', 'accepted'])
  })
})

describe('a holder that is suspended', () => {
  test('right before its request leaves does not send it when it wakes up, although its own clock stood still', async () => {
    const world = new ScriptedWorld({ holders: 2 })
    world.onNextIntent(({ holder }) => {
      holder.pause()
      world.time.after(30_000, () => {
        holder.asleepFor += 30_000
        holder.resume()
      })
    })
    await world.signIn()
    await world.pass(3700)
    expect(world.server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
  })
})

describe('a late answer that cannot be stored', () => {
  test('does not keep its holder from everything else while that waits for a turn', async () => {
    const environment = new FakeEnvironment()
    const place = memoryStore()
    const store = new BrittleStore(environment, place)
    const answerMs = [12_000, 9000, 9000]
    const grant: Grant = async ({ sending }) => {
      sending()
      await new Promise<void>((resolve) => environment.setTimer(resolve, answerMs.shift() ?? 0))
      const name = `a-${answerMs.length}`
      return { response: { access_token: name, refresh_token: `r-${name}`, expires_in: 8 } }
    }
    const one = managerOf(environment, { store, grant, autoRenew: false })
    const other = managerOf(environment, { store: new BrittleStore(environment, place), grant, autoRenew: false })
    let looks = 0
    const { monotonic } = environment
    Object.assign(environment, {
      monotonic() {
        if (++looks > 100_000) throw new Error('it looks at the clock all the time')
        return monotonic()
      },
    })
    await one.setTokens({ refresh_token: 'r0' })
    const call = (manager: TokenManager): Promise<unknown> => manager.getAccessToken().catch(() => undefined)
    const calls = [call(one)]
    await environment.pass(10_600)
    calls.push(call(other))
    await environment.pass(600)
    calls.push(call(one))
    await environment.pass(300)
    store.isReadOnly = true
    await environment.pass(1500)
    store.isReadOnly = false
    await environment.passUntil(Promise.all(calls))
    expect(looks).toBeLessThan(10_000)
  })
})

describe('a holder that dies between its request and the answer', () => {
  test('P-054 F-013 F-027 is followed up by another one within the grace period, although no token is due', async () => {
    const world = new ScriptedWorld({ rotation: { graceSeconds: 30 }, holders: 2 })
    await world.signIn()
    await world.pass(10)
    const [first, second] = [world.seat(0), world.seat(1)]
    world.crashWithNextRequest(first)
    void first.manager.renew().catch(() => undefined)
    await world.pass(29)
    expect(world.server.redemptions.map(({ outcome }) => outcome)).toContain('repeated')
    expect(second.manager.getSnapshot()).toMatchObject({ status: 'active', generation: 1 })
  })

  test('makes the next retries quick again, however long the trouble has lasted before', async () => {
    const world = new ScriptedWorld({ rotation: { graceSeconds: 30 }, holders: 2 })
    await world.signIn()
    await world.pass(10)
    const [first, second] = [world.seat(0), world.seat(1)]
    second.manager.stop()
    world.faults.push(...Array.from({ length: 6 }, commonFaults.captivePortal))
    void first.manager.renew().catch(() => undefined)
    while (world.requests < 6) await world.pass(1)
    world.crashWithNextRequest(first)
    while (world.requests < 7) await world.pass(1)
    world.faults.push({ type: 'delay', requestMs: 60_000 })
    second.manager.start()
    await world.pass(40)
    expect(second.manager.getSnapshot()).toMatchObject({ status: 'active', generation: 1 })
  })

  test('is noticed although the store fails while it is being watched', async () => {
    const world = new ScriptedWorld({ rotation: { graceSeconds: 30 }, holders: 2, lifetimeSeconds: 60 })
    await world.signIn()
    for (const { manager } of world.seats) manager.stop()
    await world.pass(100)
    const [first, second] = [world.seat(0), world.seat(1)]
    world.crashWithNextRequest(first)
    void first.manager.getAccessToken().catch(() => undefined)
    await world.pass(0.1)
    second.manager.start()
    await world.pass(2)
    world.store.failsUntil = world.time.now + 2000
    await world.pass(6.5)
    expect(second.manager.getSnapshot()).toMatchObject({ status: 'active', generation: 1 })
  })

  test('P-065 holds up the others for no longer than a lease and a look', async () => {
    const world = new ScriptedWorld({ rotation: { graceSeconds: 30 }, holders: 2, lifetimeSeconds: 60 })
    await world.signIn()
    for (const { manager } of world.seats) manager.stop()
    await world.pass(100)
    const [first, second] = [world.seat(0), world.seat(1)]
    world.crashWithNextRequest(first)
    void first.manager.getAccessToken().catch(() => undefined)
    await world.pass(0.1)
    const calledAt = world.time.now
    await world.finish(second.manager.getAccessToken())
    expect(world.time.now - calledAt).toBeLessThan(8000)
  })
})
