import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { AccessToken } from '../../src/core/record.js'
import { oauthClient } from '../../src/oauth/client.js'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { memoryStore } from '../../src/stores/memory.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf, metadata } from '../support/managed.js'
import { failureOf } from './scripted-world.js'

const orders = 'https://orders.example/'
const bills = 'https://bills.example/'

/** A server that rotates strictly, and names each access token after what it is for. */
class Server {
  readonly environment = new FakeEnvironment((_input, init) => this.#answer(new URLSearchParams(String(init?.body))))
  readonly store = memoryStore()
  readonly requests: string[] = []
  /** What it refuses, by resource. */
  readonly refusals = new Map<string, Response>()
  isDown = false
  /** What it was asked for while it was down. */
  readonly unanswered: string[] = []
  #current = 'refresh-0'

  async signIn(scope = 'read write', autoRenew = false): Promise<ReturnType<typeof this.holder>> {
    const holder = this.holder({}, autoRenew)
    await holder.setTokens({ access_token: 'all-0', expires_in: 600, refresh_token: this.#current, scope })
    return holder
  }

  holder(additional = {}, autoRenew = false) {
    const { environment, store } = this
    const client = oauthClient({ metadata: () => Promise.resolve(metadata), clientId: 'client', environment })
    return managerOf(environment, { client, store, autoRenew, grant: refreshTokenGrant(additional) })
  }

  async #answer(form: URLSearchParams): Promise<Response> {
    await new Promise<void>((resolve) => this.environment.setTimer(resolve, 100))
    const wanted = [...form.getAll('resource'), form.get('scope')].filter(Boolean).join(' ')
    if (this.isDown) {
      this.unanswered.push(wanted)
      return new Response('', { status: 503 })
    }
    this.requests.push(wanted)
    const refusal = this.refusals.get(wanted)
    if (refusal) return refusal.clone()
    if (form.get('refresh_token') !== this.#current) return Response.json({ error: 'invalid_grant' }, { status: 400 })
    const count = this.requests.length
    this.#current = `refresh-${count}`
    const token = {
      access_token: `${wanted.replaceAll(' ', '+') || 'all'}-${count}`,
      refresh_token: this.#current,
      expires_in: 600,
    }
    return Response.json({ ...token, of: wanted || 'all' })
  }
}

test('P-157 a token for a resource is got with the refresh token of the session, and kept beside the others', async () => {
  const server = new Server()
  const tokens = await server.signIn()
  const { environment } = server
  expect(await environment.passUntil(tokens.getAccessToken({ resource: orders }))).toBe(`${orders}-1`)
  expect(await tokens.getAccessToken({ resource: orders })).toBe(`${orders}-1`)
  expect(await tokens.getAccessToken()).toBe('all-0')
  expect(await environment.passUntil(tokens.getAccessToken({ scope: 'read' }))).toBe('read-2')
  expect(await tokens.getAccessToken({ resource: orders })).toBe(`${orders}-1`)
  expect(server.requests).toEqual([orders, 'read'])
})

test('P-157 another holder of the session finds the token in the store', async () => {
  const server = new Server()
  const tokens = await server.signIn()
  await server.environment.passUntil(tokens.getAccessToken({ resource: orders }))
  expect(await server.holder().getAccessToken({ resource: orders })).toBe(`${orders}-1`)
})

test('P-060 equal requests share one renewal, whatever the order of their words', async () => {
  const server = new Server()
  const tokens = await server.signIn()
  const asked = [
    tokens.getTokens({ scope: 'write read', resource: [bills, orders] }),
    tokens.getTokens({ scope: 'read write', resource: [orders, bills] }),
    tokens.getTokens({ scope: ' read  write ', resource: [orders, bills] }),
  ]
  const found = await server.environment.passUntil(Promise.all(asked))
  expect(new Set(found.map(({ accessToken }) => accessToken)).size).toBe(1)
  expect(found[0]?.scope).toBe('read write')
  expect(server.requests).toEqual([`${bills} ${orders} read write`])
})

test('P-069 renewals for several resources come one after the other, each with the newest refresh token', async () => {
  const server = new Server()
  const tokens = await server.signIn()
  await server.environment.pass(700_000)
  const second = server.holder()
  const asked = [{}, { resource: orders }, { resource: bills }].flatMap((kind) => [
    tokens.getAccessToken(kind),
    second.getAccessToken(kind),
  ])
  const found = await server.environment.passUntil(Promise.all(asked))
  expect(new Set(found).size).toBe(3)
  expect(server.requests.toSorted()).toEqual(['', bills, orders])
})

test('a token of a resource that is due is given at once, and renewed behind', async () => {
  const server = new Server()
  const tokens = await server.signIn()
  await server.environment.passUntil(tokens.getAccessToken({ resource: orders }))
  await server.environment.pass(560_000)
  expect(await tokens.getAccessToken({ resource: orders })).toBe(`${orders}-1`)
  await server.environment.pass(1000)
  expect(await tokens.getAccessToken({ resource: orders })).toBe(`${orders}-2`)
})

test('a token of a resource that was refused is renewed once, and no other is', async () => {
  const server = new Server()
  const tokens = await server.signIn()
  await server.environment.passUntil(tokens.getAccessToken({ resource: orders }))
  const asked = Array.from({ length: 5 }, () => tokens.getAccessToken({ resource: orders, rejected: `${orders}-1` }))
  expect(new Set(await server.environment.passUntil(Promise.all(asked)))).toEqual(new Set([`${orders}-2`]))
  expect(await tokens.getAccessToken()).toBe('all-0')
})

test('P-158 invalid_target is misconfigured, keeps the session, and holds up no other token', async () => {
  const server = new Server()
  const tokens = await server.signIn()
  const errors: unknown[] = []
  tokens.on('error', ({ error }) => errors.push(error))
  server.refusals.set(bills, Response.json({ error: 'invalid_target' }, { status: 400 }))
  const ask = () => failureOf(server.environment.passUntil(tokens.getAccessToken({ resource: bills })))
  expect(await ask()).toMatchObject({ code: 'misconfigured', error: 'invalid_target' })
  expect(await ask()).toMatchObject({ code: 'misconfigured', error: 'invalid_target' })
  expect(server.requests).toEqual([bills])
  expect(tokens.getSnapshot()).toMatchObject({ status: 'active', error: undefined })
  expect(await server.environment.passUntil(tokens.getAccessToken({ resource: orders }))).toBe(`${orders}-2`)
  await server.environment.pass(700_000)
  expect(await server.environment.passUntil(tokens.getAccessToken())).toBe('all-3')
  expect(await server.environment.passUntil(tokens.getAccessToken({ resource: orders }))).toBe(`${orders}-4`)
  expect(errors).toEqual([])
})

test('whoever waits behind a resource that is refused gets what they asked for, without a pause', async () => {
  const server = new Server()
  const tokens = await server.signIn()
  server.refusals.set(bills, Response.json({ error: 'invalid_target' }, { status: 400 }))
  const refused = failureOf(tokens.getAccessToken({ resource: bills }))
  const wanted = tokens.getAccessToken({ resource: orders })
  const from = server.environment.now()
  expect(await server.environment.passUntil(wanted)).toBe(`${orders}-2`)
  expect(server.environment.now() - from).toBeLessThan(400)
  expect(await refused).toMatchObject({ error: 'invalid_target' })
})

test('a refusal of one resource is believed for ten seconds, and asked about again after that', async () => {
  const server = new Server()
  const tokens = await server.signIn()
  server.refusals.set(bills, Response.json({ error: 'invalid_target' }, { status: 400 }))
  await failureOf(server.environment.passUntil(tokens.getAccessToken({ resource: bills })))
  server.refusals.clear()
  await server.environment.pass(10_000)
  expect(await server.environment.passUntil(tokens.getAccessToken({ resource: bills }))).toBe(`${bills}-2`)
})

test('P-158 a resource that is refused rotates nothing, also where tokens are renewed in the background', async () => {
  const server = new Server()
  server.refusals.set(orders, Response.json({ error: 'invalid_target' }, { status: 400 }))
  const holder = await server.signIn('read write', true)
  for (let second = 0; second < 300; second++) {
    await server.environment.pass(1000)
    void failureOf(holder.getAccessToken({ resource: orders }))
  }
  expect(new Set(server.requests)).toEqual(new Set([orders]))
  expect(server.requests.length).toBeLessThan(32)
  holder.dispose()
})

test('what a resource demands of the user is no end of the session', async () => {
  const server = new Server()
  const tokens = await server.signIn()
  server.refusals.set(bills, Response.json({ error: 'interaction_required' }, { status: 400 }))
  const failure = await failureOf(server.environment.passUntil(tokens.getAccessToken({ resource: bills })))
  expect(failure).toMatchObject({ code: 'login_required', error: 'interaction_required' })
  expect(tokens.getSnapshot().status).toBe('active')
})

test('a server that is down is asked for one token, not for each kind', async () => {
  const server = new Server()
  const tokens = await server.signIn()
  server.isDown = true
  const kinds = [orders, bills, 'https://more.example/'].map((resource) => ({ resource }))
  const failures = kinds.map((kind) => failureOf(tokens.getAccessToken(kind)))
  const found = await server.environment.passUntil(Promise.all(failures))
  expect(found.map(({ code }) => code)).toEqual(['unavailable', 'unavailable', 'unavailable'])
  expect([...new Set(server.unanswered)]).toEqual([orders])
})

test('P-041 P-157 the answer about a resource says nothing of the session: its scope and what belongs to it stay', async () => {
  const server = new Server()
  const tokens = await server.signIn('read write')
  await server.environment.pass(10_000)
  await server.environment.passUntil(tokens.renew())
  await server.environment.passUntil(tokens.getAccessToken({ scope: 'read' }))
  const { scope, extra } = await tokens.getTokens()
  expect({ scope, extra }).toEqual({ scope: 'read write', extra: { of: 'all' } })
})

test('tokens of kinds that nobody asks for any more are forgotten once they are over', async () => {
  const server = new Server()
  const tokens = await server.signIn()
  for (let count = 0; count < 3; count++) {
    await server.environment.passUntil(tokens.getAccessToken({ resource: `https://${count}.example/` }))
    await server.environment.pass(700_000)
  }
  const stored = (await server.store.read('session'))?.record
  expect(stored).toMatchObject({ state: 'live' })
  expect(Object.keys(stored?.state === 'live' ? stored.accessTokens : {})).toEqual(['', 'https://2.example/|'])
})

test.each(['orders', '/orders', 'https://orders.example/#all', ''])(
  'P-156 a resource that is no absolute URI without a fragment is refused: %j',
  async (resource) => {
    const server = new Server()
    const tokens = await server.signIn()
    expect(await failureOf(tokens.getAccessToken({ resource }))).toMatchObject({ code: 'misconfigured' })
    expect(server.requests).toEqual([])
  },
)

test('the tokens of kinds that nobody asks for any more do not pile up in memory', async () => {
  const server = new Server()
  const kept = new Map<string, WeakRef<AccessToken>>()
  const swap = server.store.swap
  server.store.swap = (key, expected, next) => {
    const tokens = next?.state === 'live' ? Object.entries(next.accessTokens) : []
    for (const [kind, token] of tokens) kept.set(kind, new WeakRef(token))
    return swap(key, expected, next)
  }
  const holder = await server.signIn()
  for (let order = 0; order < 100; order++) {
    await server.environment.passUntil(holder.getAccessToken({ resource: `${orders}${order}` }))
    await server.environment.pass(10_000)
  }
  setFlagsFromString('--expose-gc')
  await new Promise((resolve) => setImmediate(resolve))
  runInNewContext('gc')()
  expect(kept.size).toBeGreaterThanOrEqual(100)
  // They live for ten minutes.
  expect([...kept.values()].filter((token) => token.deref()).length).toBeLessThan(70)
})
