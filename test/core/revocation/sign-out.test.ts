import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../../src/stores/memory.js'
import { BrittleStore } from '../../support/brittle-store.js'
import { idToken } from '../../support/id-tokens.js'
import { RevokingServer, tokensOf } from './server.js'

const never = new Promise<never>(() => undefined)

describe('signOut()', () => {
  test('resolves to the ID token of the session, as the hint for signing out at the server', async () => {
    const server = new RevokingServer()
    const manager = server.manager()
    await manager.setTokens(tokensOf('alice', 'alice'))
    expect(await server.signOut(manager)).toEqual({ idToken: idToken({ sub: 'alice' }) })
  })

  test('resolves to no ID token when there never was one, or nobody is signed in', async () => {
    const server = new RevokingServer()
    const manager = await server.signedIn()
    expect(await server.signOut(manager)).toEqual({ idToken: undefined })
    expect(await server.signOut(manager)).toEqual({ idToken: undefined })
    expect(await server.signOut(server.manager())).toEqual({ idToken: undefined })
  })

  test('resolves after the server has answered', async () => {
    const server = new RevokingServer()
    const { environment } = server
    server.answer = () => new Promise((resolve) => environment.setTimer(() => resolve(new Response()), 3000))
    const manager = await server.signedIn()
    const startedAt = environment.time.now
    await server.signOut(manager)
    expect(environment.time.now - startedAt).toBeGreaterThanOrEqual(3000)
    expect(environment.time.now - startedAt).toBeLessThan(3100)
  })

  test('P-012 P-176 resolves within about five seconds when the server does not answer', async () => {
    const server = new RevokingServer()
    server.answer = () => never
    const manager = await server.signedIn()
    const startedAt = server.environment.time.now
    await server.signOut(manager)
    expect(server.environment.time.now - startedAt).toBeLessThan(5100)
  })

  test('P-176 is done here at once, before the server is asked', async () => {
    const server = new RevokingServer()
    const store = memoryStore()
    const manager = await server.signedIn({ store })
    let signedOut = 0
    manager.on('signedOut', () => signedOut++)
    const found: unknown[] = []
    server.answer = async () => {
      found.push(manager.getSnapshot().status, (await store.read('session'))?.record.state)
      return new Response()
    }
    const signingOut = manager.signOut()
    expect([manager.getSnapshot().status, signedOut]).toEqual(['signed_out', 1])
    await expect(manager.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
    await server.environment.passUntil(signingOut)
    expect(found).toEqual(Array(4).fill('signed_out'))
  })

  test('P-176 works offline at once, and the tokens are revoked when the network is back', async () => {
    const server = new RevokingServer()
    const store = memoryStore()
    let isOffline = true
    server.answer = () => (isOffline ? Promise.reject(new TypeError('fetch failed')) : new Response())
    const manager = await server.signedIn({ store })
    const startedAt = server.environment.time.now
    await server.signOut(manager)
    expect(server.environment.time.now - startedAt).toBeLessThan(100)
    expect((await store.read('session'))?.record).toMatchObject({ state: 'signed_out' })
    await server.environment.pass(3_600_000)
    const before = server.asked.length
    isOffline = false
    await server.environment.pass(170_000)
    expect(server.asked.slice(before).sort()).toEqual(['access-alice', 'refresh-alice'])
  })

  test('P-176 revokes the tokens also when the store fails, and says that it did', async () => {
    const server = new RevokingServer()
    const store = new BrittleStore(server.environment)
    const manager = await server.signedIn({ store })
    store.isReadOnly = true
    await expect(server.signOut(manager)).rejects.toMatchObject({ code: 'storage_failed' })
    expect(server.asked).toEqual(['refresh-alice', 'access-alice'])
    expect(manager.getSnapshot().status).toBe('signed_out')
    store.isReadOnly = false
    await server.environment.pass(5000)
    expect((await store.read('session'))?.record).toMatchObject({ state: 'signed_out' })
  })

  test('while the store cannot be read revokes what it holds as soon as it takes the sign-out', async () => {
    const server = new RevokingServer()
    const place = memoryStore()
    await server.signedIn({ store: place })
    const store = new BrittleStore(server.environment, place)
    store.isUnreadable = true
    store.isReadOnly = true
    await expect(server.signOut(server.manager({ store }))).rejects.toMatchObject({ code: 'storage_failed' })
    expect(server.asked).toEqual([])
    store.isUnreadable = false
    store.isReadOnly = false
    await server.environment.pass(5000)
    expect((await place.read('session'))?.record).toMatchObject({ state: 'signed_out' })
    expect(server.asked).toEqual(['refresh-alice', 'access-alice'])
  })

  test('that is overruled by a newer sign-in of the same user leaves the tokens alone', async () => {
    const server = new RevokingServer()
    const place = memoryStore()
    const other = server.manager({ store: place })
    await other.setTokens(tokensOf('old', 'alice'))
    const store = new BrittleStore(server.environment, place)
    store.isUnreadable = true
    store.latencyMs = 1000
    const signingOut = server.manager({ store }).signOut()
    await server.environment.pass(500)
    store.isUnreadable = false
    await server.environment.pass(2000)
    await other.setTokens(tokensOf('new', 'alice'))
    await server.environment.passUntil(signingOut)
    expect(await other.getAccessToken()).toBe('access-new')
    expect(server.asked).toEqual([])
  })

  test('leaves no token in the store while revocations are pending', async () => {
    const server = new RevokingServer()
    const store = memoryStore()
    server.answer = () => new Response('', { status: 503 })
    await server.signOut(await server.signedIn({ store }))
    await server.environment.pass(60_000)
    const { record } = (await store.read('session')) ?? {}
    expect(JSON.stringify(record)).not.toMatch(/access-alice|refresh-alice/)
  })

  test('revokes the newest tokens, which another manager has written, and the older ones it knew', async () => {
    const server = new RevokingServer()
    const store = new BrittleStore(server.environment, memoryStore(), false)
    const [behind, ahead] = [server.manager({ store }), server.manager({ store })]
    await behind.setTokens(tokensOf('old', 'alice'))
    await server.environment.pass(10_000)
    server.renewal = () =>
      Response.json({ ...tokensOf('new'), id_token: idToken({ sub: 'alice', iat: 1_767_225_610 }) })
    await server.environment.passUntil(ahead.renew())
    expect(await behind.getAccessToken()).toBe('access-old')
    const { idToken: hint } = await server.signOut(behind)
    expect(hint).toBe(idToken({ sub: 'alice', iat: 1_767_225_610 }))
    expect(server.asked).toEqual(['refresh-new', 'access-new', 'refresh-old', 'access-old'])
  })

  test('revokes the tokens of a session that this manager has not used yet', async () => {
    const server = new RevokingServer()
    const store = memoryStore()
    await server.signedIn({ store })
    await server.signOut(server.manager({ store }))
    expect(server.asked).toEqual(['refresh-alice', 'access-alice'])
  })

  test('of two holders at once asks the server once by each at most', async () => {
    const server = new RevokingServer()
    const store = memoryStore()
    const [one, other] = [server.manager({ store }), server.manager({ store })]
    await one.setTokens(tokensOf('alice'))
    await other.getAccessToken()
    await Promise.all([server.signOut(one), server.signOut(other)])
    expect(new Set(server.asked)).toEqual(new Set(['refresh-alice', 'access-alice']))
    expect(server.asked.length).toBeLessThanOrEqual(4)
  })

  test('that is overruled by a newer sign-in of the same user leaves the tokens alone', async () => {
    const server = new RevokingServer()
    const place = memoryStore()
    const store = new BrittleStore(server.environment, place)
    const [leaving, coming] = [server.manager({ store }), server.manager({ store: place })]
    await leaving.setTokens(tokensOf('old', 'alice'))
    store.latencyMs = 1000
    const signingOut = leaving.signOut()
    await server.environment.pass(500)
    await coming.setTokens(tokensOf('new', 'alice'))
    await server.environment.passUntil(signingOut)
    await server.environment.pass(5000)
    expect(await leaving.getAccessToken()).toBe('access-new')
    expect(server.asked).toEqual([])
  })
})

describe('the warning no_refresh_token', () => {
  const withoutRefreshToken = { access_token: 'access', expires_in: 3600 }

  test.each([
    ['offline_access was asked for and no refresh token came', 'openid offline_access', withoutRefreshToken, 1],
    ['a refresh token came', 'openid offline_access', tokensOf('alice'), 0],
    ['it was not asked for', 'openid', withoutRefreshToken, 0],
    ['no scope is configured', undefined, withoutRefreshToken, 0],
    ['another scope has a similar name', 'offline_access_of_devices', withoutRefreshToken, 0],
  ])('when %s (scope %s)', async (_kind, scope, response, count) => {
    const manager = new RevokingServer().manager({}, { scope })
    const warnings: string[] = []
    manager.on('warning', ({ warning, message }) => warnings.push(`${warning}: ${message}`))
    await manager.setTokens(response)
    expect(warnings).toHaveLength(count)
    if (count > 0) expect(warnings[0]).toMatch(/^no_refresh_token: .*offline_access/)
    expect(manager.getSnapshot().status).toBe('active')
  })
})
