import { describe, expect, test } from 'vitest'
import { failureOf, ScriptedWorld } from './scripted-world.js'

describe('while the server fails', () => {
  test('a valid token is served, the session kept, and all is well within one step of the back-off', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 600 })
    await world.signIn()
    const { manager } = world.seat()
    world.isDownUntil = world.time.now + 900_000
    await world.pass(590)
    expect(await world.finish(manager.getAccessToken())).toMatch(/^access/)
    await world.pass(100)
    expect((await failureOf(world.finish(manager.getAccessToken()))).code).toBe('unavailable')
    expect(manager.getSnapshot().status).toBe('active')
    await world.pass(211 + 130)
    expect(await world.finish(manager.getAccessToken(), 1)).toMatch(/^access/)
  })

  test('four holders together send about ten requests in forty seconds', async () => {
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
    expect(world.requests - before).toBeLessThanOrEqual(10)
  })

  test('a client that calls all the time sends at most thirty requests an hour', async () => {
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
    expect(world.requests - before).toBeLessThanOrEqual(31)
  })

  test('what it asked for is waited for', async () => {
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
    'and says %s raises an event and keeps the session',
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
  test('that comes after ten seconds is installed all the same', async () => {
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

  test('that takes nine seconds is not overtaken by another holder', async () => {
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
  test('may arrive late: until then nobody renews without need, so that it finds its token one rotation old', async () => {
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

describe('a holder that dies between its request and the answer', () => {
  test('is followed up by another one within the grace period, although no token is due', async () => {
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

  test('holds up the others for no longer than a lease and a look', async () => {
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
