import { describe, expect, test } from 'vitest'
import { failureOf, ScriptedWorld } from './scripted-world.js'

describe('while the store fails', () => {
  test('P-054 no refresh token is spent', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    world.store.failsUntil = Infinity
    await world.pass(300)
    const failure = await failureOf(world.finish(world.seat().manager.getAccessToken()))
    expect(failure.code).toBe('storage_failed')
    expect(world.requests).toBe(0)
    world.store.failsUntil = 0
    await world.pass(10)
    expect(await world.finish(world.seat().manager.getAccessToken())).toMatch(/^access/)
    expect(world.server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
  })

  test('P-052 tokens that came in are served from memory, and stored once it heals', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 600 })
    await world.signIn()
    await world.pass(10)
    const { manager } = world.seat()
    world.network.onNextSend(() => (world.store.failsUntil = world.time.now + 20_000))
    const tokens = await world.finish(manager.renew())
    expect(world.server.inspect(tokens.accessToken)?.isUsable).toBe(true)
    expect(manager.diagnose().store.isBehind).toBe(true)
    await world.pass(22)
    expect(manager.diagnose().store.isBehind).toBe(false)
    const next = world.start()
    world.crash(world.seat())
    expect(await world.finish(next.manager.getAccessToken())).toBe(tokens.accessToken)
  })

  test('a sign-in works in memory, is reported, and is stored once it heals', async () => {
    const world = new ScriptedWorld()
    const { manager } = world.seat()
    const errors: string[] = []
    manager.on('error', ({ error }) => errors.push(error.code))
    world.store.failsUntil = Infinity
    await world.finish(manager.setTokens(await world.server.signIn()))
    expect(errors).toContain('storage_failed')
    expect(await world.finish(manager.getAccessToken())).toMatch(/^access/)
    world.store.failsUntil = 0
    await world.pass(2)
    expect(world.store.record?.state).toBe('live')
  })

  test('a sign-out takes effect here at once, says so, and reaches the store once it heals', async () => {
    const world = new ScriptedWorld()
    await world.signIn()
    const { manager } = world.seat()
    world.store.failsUntil = Infinity
    const signingOut = failureOf(manager.signOut())
    expect((await failureOf(world.finish(manager.getAccessToken()))).code).toBe('login_required')
    expect((await world.finish(signingOut)).code).toBe('storage_failed')
    expect(manager.getSnapshot().status).toBe('signed_out')
    world.store.failsUntil = 0
    await world.pass(2)
    expect(world.store.record?.state).toBe('signed_out')
  })

  test('P-053 a renewal that cannot be stored never undoes a sign-out', async () => {
    const world = new ScriptedWorld()
    await world.signIn()
    await world.pass(10)
    const { manager } = world.seat()
    world.faults.push({ type: 'delay', responseMs: 1000 })
    const renewal = failureOf(manager.renew())
    await world.pass(0.5)
    world.store.failsUntil = world.time.now + 5000
    const signingOut = failureOf(manager.signOut())
    await world.finish(Promise.all([renewal, signingOut]))
    expect(manager.getSnapshot().status).toBe('signed_out')
    await world.pass(10)
    expect(manager.getSnapshot().status).toBe('signed_out')
    expect(world.store.record?.state).toBe('signed_out')
  })

  test('the last of two sign-ins stands', async () => {
    const world = new ScriptedWorld({ holders: 2 })
    await world.signIn('alice')
    const [first, second] = [world.seat(0).manager, world.seat(1).manager]
    world.store.failsUntil = world.time.now + 3000
    await world.finish(first.setTokens(await world.server.signIn({ subject: 'bob' })))
    await world.finish(second.setTokens(await world.server.signIn({ subject: 'carol' })))
    await world.pass(10)
    const token = await world.finish(first.getAccessToken())
    expect(world.server.inspect(token)?.subject).toBe('carol')
  })

  test('nobody waits for operations that hang', async () => {
    const world = new ScriptedWorld()
    await world.signIn()
    await world.pass(10)
    world.store.hangs = true
    const calledAt = world.time.now
    expect((await failureOf(world.finish(world.seat().manager.renew()))).code).toMatch(/storage_failed|unavailable/)
    expect(world.time.now - calledAt).toBeLessThan(10_200)
    expect(world.requests).toBe(0)
  })
})

describe('a stored record', () => {
  test('P-056 that is damaged is reported, means nobody is signed in, and gives way to the next sign-in', async () => {
    const world = new ScriptedWorld({ holders: 0 })
    world.store.plant({ state: 'unreadable', problem: 'corrupt' })
    const { manager } = world.start()
    const errors: string[] = []
    manager.on('error', ({ error }) => errors.push(error.message))
    expect((await failureOf(world.finish(manager.getAccessToken()))).code).toBe('login_required')
    expect(errors).toHaveLength(1)
    await world.finish(manager.setTokens(await world.server.signIn()))
    expect(await world.finish(manager.getAccessToken())).toMatch(/^access/)
  })

  test('of a newer version is left alone, and says that an update is needed', async () => {
    const world = new ScriptedWorld({ holders: 0 })
    world.store.plant({ state: 'unreadable', problem: 'newer_format' })
    const { manager } = world.start()
    const response = await world.server.signIn()
    expect((await failureOf(world.finish(manager.getAccessToken()))).code).toBe('unsupported')
    expect((await failureOf(world.finish(manager.setTokens(response)))).code).toBe('unsupported')
    expect((await failureOf(world.finish(manager.signOut()))).code).toBe('unsupported')
    await world.pass(60)
    expect(world.store.writes).toHaveLength(0)
  })

  test('that is sealed is left alone, says that a key is missing, and gives way to a sign-out only', async () => {
    const world = new ScriptedWorld({ holders: 0 })
    const place = { format: 1, sessionId: 'session', generation: 3 } as const
    world.store.plant({ ...place, state: 'sealed', keyId: 'key', iv: 'iv', data: 'data' })
    const { manager } = world.start()
    const response = await world.server.signIn()
    expect((await failureOf(world.finish(manager.getAccessToken()))).code).toBe('misconfigured')
    expect((await failureOf(world.finish(manager.setTokens(response)))).code).toBe('misconfigured')
    expect(manager.getSnapshot()).toMatchObject({ status: 'signed_out', error: { code: 'misconfigured' } })
    await world.pass(60)
    expect(world.store.writes).toHaveLength(0)
    await world.finish(manager.signOut())
    expect(manager.getSnapshot()).toEqual({ status: 'signed_out', error: undefined })
    await world.finish(manager.setTokens(response))
    expect(await world.finish(manager.getAccessToken())).toMatch(/^access/)
  })

  test('that disappears means signed out', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 60 })
    await world.signIn()
    world.store.plant(undefined)
    await world.pass(60)
    const failure = await failureOf(world.finish(world.seat().manager.getAccessToken()))
    expect(failure.code).toBe('login_required')
    expect(world.requests).toBe(0)
  })
})
