import { describe, expect, test } from 'vitest'
import { manage } from '../support/managed.js'
import { failureOf, ScriptedWorld } from './scripted-world.js'

describe('getAccessToken', () => {
  test('F-004 F-106 F-109 gives the token that was adopted and asks nobody', async () => {
    const world = new ScriptedWorld()
    const response = await world.server.signIn()
    const { manager } = world.seat()
    await world.finish(manager.setTokens(response))
    expect(await world.finish(manager.getAccessToken())).toBe(response.access_token)
    expect(world.requests).toBe(0)
  })

  test('F-002 says login_required when nobody is signed in', async () => {
    const world = new ScriptedWorld()
    const failure = await failureOf(world.finish(world.seat().manager.getAccessToken()))
    expect(failure.code).toBe('login_required')
  })

  test('finds out at the next call that another holder has signed in', async () => {
    const world = new ScriptedWorld({ holders: 2 })
    const { manager } = world.seat(1)
    await failureOf(world.finish(manager.getAccessToken()))
    await world.signIn()
    expect(await world.finish(manager.getAccessToken())).toMatch(/^access/)
  })

  test('F-003 F-019 renews in the background before the token ends, so that callers never wait', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    await world.pass(40)
    expect(world.requests).toBe(0)
    await world.pass(5)
    expect(world.requests).toBe(1)
    await world.pass(600)
    expect(world.requests).toBeGreaterThanOrEqual(13)
    expect(world.requests).toBeLessThanOrEqual(15)
  })

  test('gives a token that is due at once and renews it behind', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    const { manager } = world.seat()
    await world.signIn()
    manager.stop()
    await world.pass(50)
    const old = await world.finish(manager.getAccessToken(), 0.01)
    await world.pass(1)
    expect(world.requests).toBe(1)
    expect(await world.finish(manager.getAccessToken())).not.toBe(old)
  })

  test('F-002 P-060 makes one request for ten callers with an expired token', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    const { manager } = world.seat()
    await world.signIn()
    manager.stop()
    await world.pass(100)
    const tokens = await world.finish(Promise.all(Array.from({ length: 10 }, () => manager.getAccessToken())))
    expect(new Set(tokens).size).toBe(1)
    expect(world.requests).toBe(1)
  })

  test('P-060 tells ten callers of the one failure that they waited for', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    const { manager } = world.seat()
    await world.signIn()
    manager.stop()
    await world.pass(100)
    world.faults.push({ type: 'respond', status: 401, body: { error: 'invalid_client' } })
    const calls = Array.from({ length: 10 }, () => failureOf(manager.getAccessToken()))
    const failures = await world.finish(Promise.all(calls))
    expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(['misconfigured']))
    expect(world.requests).toBe(1)
  })

  test('P-061 P-062 makes one request for five holders with an expired token', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60, holders: 5 })
    await world.signIn()
    for (const { manager } of world.seats) manager.stop()
    await world.pass(100)
    const tokens = await world.finish(Promise.all(world.seats.map(({ manager }) => manager.getAccessToken())))
    expect(new Set(tokens).size).toBe(1)
    expect(world.requests).toBe(1)
  })

  test('does not renew for a lifetime that the server’s tokens never have: any valid one is given', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    const { manager } = world.seat()
    await world.pass(10)
    for (const minValiditySeconds of [56, 60, 300, Infinity]) {
      expect(await world.finish(manager.getAccessToken({ minValiditySeconds }))).toMatch(/^access/)
    }
    expect(world.requests).toBe(0)
  })

  test('that ask for nearly the whole lifetime all the time renew once in five seconds at most', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    const { manager } = world.seat()
    for (let second = 0; second < 60; second++) {
      await world.finish(manager.getAccessToken({ minValiditySeconds: 54 }))
      await world.pass(1)
    }
    expect(world.requests).toBeGreaterThanOrEqual(10)
    expect(world.requests).toBeLessThanOrEqual(12)
  })

  test('F-045 renews a token that does not last as long as was asked for', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 300 })
    await world.signIn()
    const { manager } = world.seat()
    await world.pass(100)
    await world.finish(manager.getAccessToken({ minValiditySeconds: 150 }))
    expect(world.requests).toBe(0)
    await world.finish(manager.getAccessToken({ minValiditySeconds: 250 }))
    expect(world.requests).toBe(1)
  })

  test('P-067 lets a caller leave while the renewal goes on', async () => {
    const world = new ScriptedWorld()
    await world.signIn()
    world.faults.push({ type: 'delay', responseMs: 3000 })
    await world.pass(10)
    const leaving = new AbortController()
    const { manager } = world.seat()
    const call = failureOf(manager.getAccessToken({ forceRenew: true, signal: leaving.signal }))
    const other = manager.getAccessToken({ forceRenew: true })
    await world.pass(1)
    leaving.abort()
    expect((await world.finish(call)).code).toBe('aborted')
    expect(await world.finish(other)).toMatch(/^access/)
    expect(world.requests).toBe(1)
  })

  test('keeps nobody waiting for longer than ten seconds', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    const { manager } = world.seat()
    await world.signIn()
    manager.stop()
    await world.pass(100)
    world.faults.push({ type: 'delay', responseMs: 100_000 })
    const calledAt = world.time.now
    const failure = await failureOf(world.finish(manager.getAccessToken()))
    expect(failure.code).toBe('unavailable')
    expect(world.time.now - calledAt).toBeLessThan(10_200)
  })
})

describe('a token that a server refused', () => {
  test('is renewed once for ten callers, also when the last of them come late', async () => {
    const world = new ScriptedWorld()
    await world.signIn()
    const { manager } = world.seat()
    const rejected = await world.finish(manager.getAccessToken())
    const early = Array.from({ length: 5 }, () => manager.getAccessToken({ rejected }))
    const tokens = await world.finish(Promise.all(early))
    await world.pass(1)
    const late = Array.from({ length: 5 }, () => manager.getAccessToken({ rejected }))
    tokens.push(...(await world.finish(Promise.all(late))))
    expect(new Set(tokens).size).toBe(1)
    expect(tokens[0]).not.toBe(rejected)
    expect(world.requests).toBe(1)
  })

  test('is renewed once for two holders', async () => {
    const world = new ScriptedWorld({ holders: 2 })
    await world.signIn()
    const rejected = await world.finish(world.seat(0).manager.getAccessToken())
    const calls = world.seats.map(({ manager }) => manager.getAccessToken({ rejected }))
    const tokens = await world.finish(Promise.all(calls))
    expect(new Set(tokens).size).toBe(1)
    expect(world.requests).toBe(1)
  })

  test('causes no storm when the server refuses whatever it is given', async () => {
    const world = new ScriptedWorld()
    await world.signIn()
    const { manager } = world.seat()
    for (let second = 0; second < 600; second++) {
      const rejected = await world.finish(manager.getAccessToken())
      await world.finish(manager.getAccessToken({ rejected }))
      await world.pass(1)
    }
    expect(world.requests).toBeLessThan(10)
  })
})

describe('forceRenew', () => {
  test('F-022 F-045 renews although the token is fresh', async () => {
    const world = new ScriptedWorld()
    await world.signIn()
    const { manager } = world.seat()
    await world.pass(10)
    const old = await world.finish(manager.getAccessToken())
    expect((await world.finish(manager.renew())).accessToken).not.toBe(old)
    expect(world.requests).toBe(1)
  })

  test('takes a renewal of the last five seconds for new enough', async () => {
    const world = new ScriptedWorld()
    await world.signIn()
    const { manager } = world.seat()
    await world.pass(10)
    for (let count = 0; count < 20; count++) await world.finish(manager.renew())
    expect(world.requests).toBe(1)
  })
})

test('tokens that end before they arrive cost a call three renewals, and not one after the other for ever', async () => {
  let requests = 0
  const { manager, environment } = manage(async () => {
    requests++
    await new Promise<void>((resolve) => environment.setTimer(resolve, 1200))
    return Response.json({ access_token: `access-${requests}`, expires_in: 1 })
  })
  await manager.setTokens({ refresh_token: 'refresh-1' })
  const failure = await failureOf(environment.passUntil(manager.getAccessToken()))
  expect(failure).toMatchObject({ code: 'unavailable' })
  expect(requests).toBe(3)
})
