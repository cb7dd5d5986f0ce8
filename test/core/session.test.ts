import type { TokenResponse } from 'evergrant'
import { describe, expect, test } from 'vitest'
import { failureOf, ScriptedWorld } from './scripted-world.js'

describe('setTokens', () => {
  const nonsense: [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['text', 'eyJhbGciOi'],
    ['an empty object', {}],
    ['an error answer', { error: 'invalid_grant' }],
    ['empty tokens', { access_token: '', refresh_token: '' }],
    ['tokens that are no text', { access_token: 7, refresh_token: ['x'] }],
    ['an access token of an unknown type alone', { access_token: 'a', token_type: 'mac' }],
    ['an ID token that cannot be read', { access_token: 'a', id_token: 'x.y.z' }],
  ]

  test.each(nonsense)('refuses %s, and nothing changes', async (_name, response) => {
    const world = new ScriptedWorld()
    await world.signIn()
    const { manager } = world.seat()
    const before = manager.getSnapshot()
    const failure = await failureOf(world.finish(manager.setTokens(response as TokenResponse)))
    expect(failure).toMatchObject({ name: 'EvergrantError', code: 'misconfigured' })
    expect(manager.getSnapshot()).toBe(before)
  })

  test('F-106 accepts a refresh token alone and gets an access token for it at once', async () => {
    const world = new ScriptedWorld()
    const { refresh_token } = await world.server.signIn()
    const { manager } = world.seat()
    await world.finish(manager.setTokens({ refresh_token }))
    expect(await world.finish(manager.getAccessToken())).toMatch(/^access/)
    expect(world.requests).toBe(1)
  })

  test('counts the lifetime from when the response was received', async () => {
    const world = new ScriptedWorld({ lifetimeSeconds: 600 })
    const { manager, holder } = world.seat()
    const receivedAt = holder.environment.now() - 590_000
    await world.finish(manager.setTokens(await world.server.signIn(), { receivedAt }))
    await world.pass(1)
    expect(world.requests).toBe(1)
  })

  test('keeps an access token that cannot be renewed until it ends, and asks once for help', async () => {
    const world = new ScriptedWorld()
    const { manager } = world.seat()
    const errors: string[] = []
    manager.on('error', ({ error }) => errors.push(error.code))
    await world.finish(manager.setTokens({ access_token: 'a', expires_in: 600 }))
    await world.pass(590)
    expect(await world.finish(manager.getAccessToken())).toBe('a')
    await world.pass(100)
    expect(errors).toEqual(['login_required'])
    expect((await failureOf(world.finish(manager.getAccessToken()))).code).toBe('login_required')
    expect(world.requests).toBe(0)
  })

  test('puts another account in the place of the old one, for all holders', async () => {
    const world = new ScriptedWorld({ holders: 3 })
    await world.signIn('alice')
    await world.signIn('bob', world.seat(1))
    for (const { manager } of world.seats) {
      const token = await world.finish(manager.getAccessToken())
      expect(world.server.inspect(token)?.subject).toBe('bob')
    }
  })

  test('P-058 sends a call away that began under another account', async () => {
    const world = new ScriptedWorld()
    await world.signIn('alice')
    await world.pass(10)
    const { manager } = world.seat()
    world.faults.push({ type: 'delay', responseMs: 2000 })
    const call = failureOf(manager.renew())
    await world.pass(0.5)
    await world.finish(manager.setTokens(await world.server.signIn({ subject: 'bob' })))
    expect((await world.finish(call)).code).toBe('aborted')
    const token = await world.finish(manager.getAccessToken())
    expect(world.server.inspect(token)?.subject).toBe('bob')
  })
})

describe('signOut', () => {
  test('P-058 P-066 holds while a renewal is under way: its answer is dropped', async () => {
    const world = new ScriptedWorld({ holders: 2 })
    await world.signIn()
    await world.pass(10)
    world.faults.push({ type: 'delay', responseMs: 2000 })
    const renewal = failureOf(world.seat(0).manager.renew())
    await world.pass(0.5)
    await world.finish(world.seat(1).manager.signOut(), 1)
    expect((await world.finish(renewal)).code).toBe('login_required')
    await world.pass(10)
    expect(world.store.record).toMatchObject({ state: 'signed_out' })
    for (const { manager } of world.seats) expect(manager.getSnapshot().status).toBe('signed_out')
  })

  test('P-066 at any moment of a renewal leaves nobody signed in', async () => {
    for (let moment = 0; moment < 800; moment += 20) {
      const world = new ScriptedWorld({ holders: 2 })
      await world.signIn()
      await world.pass(10)
      void world
        .seat(0)
        .manager.renew()
        .catch(() => undefined)
      await world.pass(moment / 1000)
      await world.finish(world.seat(1).manager.signOut())
      await world.pass(10)
      expect(world.store.record).toMatchObject({ state: 'signed_out' })
      expect(world.store.writes.map(({ record }) => record.state).lastIndexOf('live')).toBe(
        world.store.writes.length - 2,
      )
    }
  })

  test('forgets all tokens', async () => {
    const world = new ScriptedWorld()
    const response = await world.server.signIn()
    await world.finish(world.seat().manager.setTokens(response))
    await world.finish(world.seat().manager.signOut())
    expect(JSON.stringify(world.store.record)).not.toContain(response.refresh_token)
    expect(JSON.stringify(world.store.record)).not.toContain(response.access_token)
  })

  test('twice, or of nobody, is no error', async () => {
    const world = new ScriptedWorld()
    const { manager } = world.seat()
    await world.finish(manager.signOut())
    await world.signIn()
    await world.finish(Promise.all([manager.signOut(), manager.signOut()]))
    await world.finish(manager.signOut())
    expect(manager.getSnapshot().status).toBe('signed_out')
  })
})

describe('the end of a session', () => {
  test('F-007 P-080 P-181 comes with the server’s clear word, as an event and an error that says so', async () => {
    const world = new ScriptedWorld({ holders: 2 })
    await world.signIn()
    await world.pass(10)
    world.server.revoke(0)
    const [first, second] = [world.seat(0).manager, world.seat(1).manager]
    const events: unknown[] = []
    for (const manager of [first, second]) manager.on('ended', ({ reason }) => events.push(reason))
    expect((await failureOf(world.finish(first.renew()))).code).toBe('login_required')
    await world.pass(1)
    expect(events).toEqual(['expired_or_revoked', 'expired_or_revoked'])
    expect((await failureOf(world.finish(second.getAccessToken()))).code).toBe('login_required')
    await world.pass(60)
    expect(world.requests).toBe(1)
  })

  test('after a lost answer is called by its name', async () => {
    const world = new ScriptedWorld({ rotation: 'strict' })
    await world.signIn()
    await world.pass(10)
    world.faults.push({ type: 'drop-response' })
    const { manager } = world.seat()
    const failure = await failureOf(world.finish(manager.renew()))
    expect(failure).toMatchObject({ code: expect.stringMatching(/unavailable|lost_in_flight/) as string })
    await world.pass(20)
    expect((await failureOf(world.finish(manager.getAccessToken()))).code).toBe('lost_in_flight')
    expect(manager.getSnapshot()).toMatchObject({ status: 'ended', reason: 'lost_in_flight' })
  })

  test('P-063 is not believed while another holder may have the next refresh token in its hands', async () => {
    const world = new ScriptedWorld({ rotation: 'strict', reuseRevokes: false, holders: 2 })
    await world.signIn()
    await world.pass(10)
    const [first, second] = [world.seat(0), world.seat(1)]
    world.network.onNextSend(() => world.time.after(0, () => first.holder.pause()))
    const renewal = first.manager.renew()
    await world.pass(8.5)
    expect(world.server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted', 'reuse'])
    first.holder.resume()
    expect(await world.finish(renewal)).toBeTruthy()
    await world.pass(20)
    expect(second.manager.getSnapshot()).toMatchObject({ status: 'active', generation: 1 })
  })

  test('is found by processes that do not live long, too', async () => {
    const world = new ScriptedWorld({ rotation: 'strict' })
    await world.signIn()
    await world.pass(10)
    world.crashWithNextRequest(world.seat())
    world
      .seat()
      .manager.renew()
      .catch(() => undefined)
    await world.pass(1)
    for (let process = 0; process < 3; process++) {
      const shortLived = world.start()
      await world.pass(12)
      world.crash(shortLived)
    }
    expect(world.store.record).toMatchObject({ state: 'ended', reason: 'lost_in_flight' })
    expect(world.requests).toBe(3)
  })

  test('P-053 P-064 is for one generation: a refusal of an old token does not end the session that has moved on', async () => {
    const world = new ScriptedWorld({ rotation: 'strict', reuseRevokes: false, holders: 2 })
    await world.signIn()
    await world.pass(10)
    const [first, second] = [world.seat(0), world.seat(1)]
    world.faults.push({ type: 'delay', requestMs: 9000 })
    const late = first.manager.renew()
    await world.pass(0.5)
    first.holder.pause()
    await world.pass(7.5)
    await world.pass(12)
    first.holder.resume()
    await world.finish(late.catch(() => undefined))
    await world.pass(15)
    expect(second.manager.getSnapshot()).toMatchObject({ status: 'active' })
    expect(world.store.writes.every(({ record }) => record.state === 'live')).toBe(true)
  })

  test('leads to a new one with the next sign-in', async () => {
    const world = new ScriptedWorld()
    await world.signIn()
    await world.pass(10)
    world.server.revoke(0)
    await failureOf(world.finish(world.seat().manager.renew()))
    await world.signIn('bob')
    expect(await world.finish(world.seat().manager.getAccessToken())).toMatch(/^access/)
    await world.pass(4000)
    expect(world.seat().manager.getSnapshot()).toMatchObject({ status: 'active', generation: 1 })
  })
})

describe('a refusal that concerns the client', () => {
  test.each([
    ['misconfigured', 401, { error: 'invalid_client' }],
    ['denied', 403, { error: 'access_denied' }],
    ['login_required', 400, { error: 'interaction_required' }],
  ])('P-076 keeps the tokens, says %s once, and stops renewing by itself', async (code, status, body) => {
    const world = new ScriptedWorld({ lifetimeSeconds: 600 })
    await world.signIn()
    const { manager } = world.seat()
    const errors: string[] = []
    manager.on('error', ({ error }) => errors.push(error.code))
    world.faults.push(...Array.from({ length: 50 }, () => ({ type: 'respond', status, body }) as const))
    await world.pass(590)
    expect(await world.finish(manager.getAccessToken())).toMatch(/^access/)
    await world.pass(3600)
    expect(world.requests).toBe(1)
    expect((await failureOf(world.finish(manager.getAccessToken()))).code).toBe(code)
    expect(errors.length).toBeLessThanOrEqual(2)
    world.faults.length = 0
    await world.pass(3)
    expect(await world.finish(manager.getAccessToken())).toMatch(/^access/)
    await world.pass(3600)
    expect(manager.getSnapshot()).toMatchObject({ status: 'active', error: undefined })
  })
})
