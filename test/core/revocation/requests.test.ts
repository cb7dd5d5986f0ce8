import { clientSecretBasic, type ClientAuth } from 'evergrant'
import { describe, expect, test } from 'vitest'
import { EvergrantError } from '../../../src/core/errors.js'
import { memoryStore } from '../../../src/stores/memory.js'
import { BrittleStore } from '../../support/brittle-store.js'
import { issuer, metadata } from '../../support/managed.js'
import { RevokingServer, tokensOf, troubleOf } from './server.js'

const aDayMs = 24 * 3_600_000

describe('a sign-out asks the server to revoke', () => {
  test('P-170 P-175 the refresh token and then the access token, each in a form of its own', async () => {
    const server = new RevokingServer()
    await server.signOut(await server.signedIn())
    expect(server.requests.map(({ form }) => form)).toEqual([
      { client_id: 'client', token: 'refresh-alice', token_type_hint: 'refresh_token' },
      { client_id: 'client', token: 'access-alice', token_type_hint: 'access_token' },
    ])
  })

  test('P-170 in the name of a client with a secret', async () => {
    const server = new RevokingServer()
    await server.signOut(await server.signedIn({}, { clientAuth: clientSecretBasic('secret') }))
    const authorizations = server.requests.map(({ headers }) => headers.get('authorization'))
    expect(authorizations).toEqual(Array(2).fill(`Basic ${btoa('client:secret')}`))
  })

  test('the access token alone when there is no refresh token', async () => {
    const server = new RevokingServer()
    const manager = server.manager()
    await manager.setTokens({ access_token: 'access', expires_in: 3600 })
    await server.signOut(manager)
    expect(server.asked).toEqual(['access'])
  })

  test('the refresh token alone when there is no access token', async () => {
    const server = new RevokingServer()
    const manager = server.manager()
    await manager.setTokens({ refresh_token: 'refresh' })
    await server.signOut(manager)
    expect(server.asked).toEqual(['refresh'])
  })

  test('nothing when nobody is signed in, or not any more', async () => {
    const server = new RevokingServer()
    await server.signOut(server.manager())
    const manager = await server.signedIn()
    await server.signOut(manager)
    await server.signOut(manager)
    expect(server.asked).toEqual(['refresh-alice', 'access-alice'])
  })

  test('nothing where it has no revocation endpoint, and says nothing of that', async () => {
    const server = new RevokingServer()
    const manager = await server.signedIn({}, { metadata: () => Promise.resolve(metadata) })
    const trouble = troubleOf(manager)
    await server.signOut(manager)
    await server.environment.pass(aDayMs)
    expect([server.asked, trouble]).toEqual([[], []])
    expect(manager.getSnapshot().status).toBe('signed_out')
  })

  test.each([
    ['P-171 200', () => new Response()],
    ['P-171 200 with a body that means nothing', () => Response.json({ error: 'invalid_token' })],
    [
      '400 invalid_token, as for one that is dead already',
      () => Response.json({ error: 'invalid_token' }, { status: 400 }),
    ],
    ['P-172 201', () => new Response('', { status: 201 })],
    ['P-172 204', () => new Response(null, { status: 204 })],
  ])('once, when it answers %s', async (_kind, answer) => {
    const server = new RevokingServer()
    server.answer = answer
    const manager = await server.signedIn()
    const trouble = troubleOf(manager)
    await server.signOut(manager)
    await server.environment.pass(aDayMs)
    expect(server.asked).toEqual(['refresh-alice', 'access-alice'])
    expect(trouble).toEqual([])
  })
})

describe('a server that refuses', () => {
  test('P-174 a type of token is asked for the other one all the same', async () => {
    const server = new RevokingServer()
    server.answer = ({ token }) =>
      token === 'refresh-alice' ? Response.json({ error: 'unsupported_token_type' }, { status: 400 }) : new Response()
    await server.signOut(await server.signedIn())
    await server.environment.pass(aDayMs)
    expect(server.asked).toEqual(['refresh-alice', 'access-alice'])
  })

  test.each([
    [400, 'invalid_request', 1],
    [401, 'invalid_client', 1],
    [403, 'access_denied', 1],
    // It may be something on the way that says so.
    [404, undefined, 5],
  ])('with %i %s is asked %i times; an error event says so, once', async (status, error, times) => {
    const server = new RevokingServer()
    const description = 'no such token: refresh'
    server.answer = () => Response.json({ error, error_description: description }, { status })
    const manager = server.manager()
    const trouble = troubleOf(manager)
    await manager.setTokens({ refresh_token: 'refresh' })
    await server.signOut(manager)
    await server.environment.pass(aDayMs)
    expect(server.asked).toEqual(Array(times).fill('refresh'))
    expect(trouble).toMatchObject([{ type: 'error', error: { status, error } }])
    expect(manager.getSnapshot().status).toBe('signed_out')
  })

  test('is quoted without the token', async () => {
    const server = new RevokingServer()
    server.answer = ({ token }) =>
      Response.json({ error: 'bad', error_description: `what is ${token}?` }, { status: 400 })
    const manager = await server.signedIn()
    const trouble = troubleOf(manager)
    await server.signOut(manager)
    const told = trouble.map((event) => JSON.stringify(event)).join()
    expect(told).toContain('what is [secret]?')
    expect(told).not.toMatch(/access-alice|refresh-alice/)
  })
})

test('a sign-in of another user revokes the tokens that lay in the store, though this manager had not looked there', async () => {
  const server = new RevokingServer()
  const store = memoryStore()
  await server.manager({ store }).setTokens(tokensOf('alice', 'alice'))
  const manager = server.manager({ store })
  await manager.setTokens(tokensOf('bob', 'bob'))
  await server.environment.pass(1000)
  expect(server.asked).toEqual(['refresh-alice', 'access-alice'])
  expect(await manager.getAccessToken()).toBe('access-bob')
})

describe('P-173 a revocation that failed for now is tried again', () => {
  test.each([
    ['503', () => new Response('', { status: 503 })],
    ['500 with an error', () => Response.json({ error: 'server_error' }, { status: 500 })],
    ['429', () => new Response('', { status: 429 })],
    ['the page of a balancer', () => new Response('<h1>not found</h1>', { status: 404 })],
    ['the page of a portal', () => new Response('<!doctype html>Welcome to our hotel')],
    ['a lost network', () => Promise.reject(new TypeError('fetch failed'))],
  ])('after %s', async (_kind, failure) => {
    const server = new RevokingServer()
    server.answer = () => (server.requests.length > 6 ? new Response() : failure())
    const manager = await server.signedIn()
    const trouble = troubleOf(manager)
    await server.signOut(manager)
    await server.environment.pass(aDayMs)
    expect([...server.asked].sort()).toEqual([...Array(4).fill('access-alice'), ...Array(4).fill('refresh-alice')])
    expect(trouble).toEqual([])
  })

  test('however often before, when it meets a balancer', async () => {
    const server = new RevokingServer()
    server.answer = () => {
      const { length } = server.requests
      if (length <= 20) return Promise.reject(new TypeError('fetch failed'))
      return length > 22 ? new Response() : new Response('<h1>not found</h1>', { status: 404 })
    }
    const manager = await server.signedIn()
    const trouble = troubleOf(manager)
    await server.signOut(manager)
    await server.environment.pass(aDayMs)
    expect(server.asked).toHaveLength(24)
    expect(trouble).toEqual([])
  })

  test('when the endpoints of the server were not to be learnt at first', async () => {
    const server = new RevokingServer()
    let isOffline = true
    const known = { ...metadata, revocation_endpoint: `${issuer}/revoke` }
    const failure = new EvergrantError('unavailable', 'the network is down')
    const manager = await server.signedIn(
      {},
      { metadata: () => (isOffline ? Promise.reject(failure) : Promise.resolve(known)) },
    )
    await server.signOut(manager)
    isOffline = false
    await server.environment.pass(10_000)
    expect([...server.asked].sort()).toEqual(['access-alice', 'refresh-alice'])
  })

  test('when client authentication of somebody else’s making fails', async () => {
    const server = new RevokingServer()
    let attempts = 0
    const clientAuth: ClientAuth = (_server, client, body) => {
      if (++attempts <= 6) throw new TypeError('the key is not there yet')
      body.set('client_id', client.client_id)
    }
    await server.signOut(await server.signedIn({}, { clientAuth }))
    await server.environment.pass(60_000)
    expect([...server.asked].sort()).toEqual(['access-alice', 'refresh-alice'])
  })

  test('in steps that grow, within a budget, and for a day only', async () => {
    const server = new RevokingServer()
    server.answer = () => new Response('', { status: 503 })
    const manager = server.manager()
    await manager.setTokens({ refresh_token: 'refresh' })
    await server.signOut(manager)
    await server.environment.pass(2 * aDayMs)
    const times = server.requests.map(({ at }) => at)
    const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0))
    const steps = [1000, 2000, 5000, 10_000]
    const parts = steps.map((step, index) => (pauses[index] ?? 0) / step)
    expect(parts.filter((part) => part < 0.5 || part > 1)).toEqual([])
    expect(Math.max(...pauses)).toBeLessThanOrEqual(160_000)
    expect(times.filter((at) => at <= 3_600_000).length).toBeLessThan(50)
    expect(times.at(-1)).toBeGreaterThan(aDayMs - 200_000)
    expect(times.at(-1)).toBeLessThan(aDayMs + 200_000)
  })

  test('when the server said so: not before, and soon after', async () => {
    const server = new RevokingServer()
    server.answer = () => new Response('', { status: 503, headers: { 'retry-after': '120' } })
    const manager = server.manager()
    await manager.setTokens({ refresh_token: 'refresh' })
    await server.signOut(manager)
    await server.environment.pass(119_000)
    expect(server.asked).toHaveLength(1)
    await server.environment.pass(15_000)
    expect(server.asked).toHaveLength(2)
  })

  test('until the same user signs in again, whose new tokens may be of the same grant', async () => {
    const server = new RevokingServer()
    server.answer = () => new Response('', { status: 503 })
    const manager = server.manager()
    await manager.setTokens(tokensOf('old', 'alice'))
    await server.signOut(manager)
    await manager.setTokens(tokensOf('new', 'alice'))
    await server.environment.pass(aDayMs)
    expect(server.asked).toEqual(['refresh-old', 'access-old'])
  })

  test.each([
    ['another manager on a store that tells of no changes', false],
    ['another manager, after this one was disposed of', true],
  ])('until the same user signs in again through %s', async (_kind, isDisposed) => {
    const server = new RevokingServer()
    const store = new BrittleStore(server.environment, memoryStore(), isDisposed)
    const [leaving, coming] = [server.manager({ store }), server.manager({ store })]
    server.answer = () => new Response('', { status: 503 })
    await leaving.setTokens(tokensOf('old', 'alice'))
    await server.signOut(leaving)
    if (isDisposed) leaving.dispose()
    server.answer = () => new Response()
    await coming.setTokens(tokensOf('new', 'alice'))
    await server.environment.pass(aDayMs)
    expect(server.asked).toEqual(['refresh-old', 'access-old'])
  })

  test('until somebody signs in of whom nobody knows who it is', async () => {
    const server = new RevokingServer()
    server.answer = () => new Response('', { status: 503 })
    const manager = await server.signedIn()
    await server.signOut(manager)
    await manager.setTokens(tokensOf('unknown'))
    await server.environment.pass(aDayMs)
    expect(server.asked).toEqual(['refresh-alice', 'access-alice'])
  })

  test('also after another user has signed in', async () => {
    const server = new RevokingServer()
    server.answer = () => new Response('', { status: 503 })
    const manager = server.manager()
    await manager.setTokens(tokensOf('alice', 'alice'))
    await server.signOut(manager)
    server.answer = () => new Response()
    await manager.setTokens(tokensOf('bob', 'bob'))
    await server.environment.pass(aDayMs)
    expect([...server.asked].sort()).toEqual(['access-alice', 'access-alice', 'refresh-alice', 'refresh-alice'])
  })
})
