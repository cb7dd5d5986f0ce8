import { expect, test } from 'vitest'
import { decodeRecord } from '../../src/core/codec.js'
import type { Prover } from '../../src/core/proof.js'
import { oauthClient } from '../../src/oauth/client.js'
import { dpop } from '../../src/oauth/dpop.js'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { memoryStore } from '../../src/stores/memory.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf, metadata } from '../support/managed.js'
import { failureOf } from './scripted-world.js'

const api = 'https://api.example'

interface Sent {
  readonly url: string
  readonly proof: string | null
  readonly authorization: string | null
}

/** Proofs that only name their key, so that time can be virtual. */
class FakeProver implements Prover {
  keys = 0
  allowsBearer = false
  readonly makeKey: Prover['makeKey'] = () =>
    Promise.resolve({ privateKey: {}, publicKey: { kty: `key-${this.keys++}` } })
  readonly prove: Prover['prove'] = ({ key, accessToken }, send) =>
    send(`${(key.publicKey as JsonWebKey).kty} for ${accessToken ?? 'the server'}`)
}

/** A server of DPoP tokens, and an API. */
class Bound {
  prover: Prover = new FakeProver()
  readonly sent: Sent[] = []
  readonly store = memoryStore()
  tokenType = 'DPoP'
  answer: () => Response = () => new Response('done')
  readonly environment = new FakeEnvironment((input, init) => {
    const request = new Request(input, init)
    const [proof, authorization] = [request.headers.get('dpop'), request.headers.get('authorization')]
    this.sent.push({ url: request.url, proof, authorization })
    if (request.url.startsWith(api)) return Promise.resolve(this.answer())
    return Promise.resolve(Response.json(this.tokens(this.sent.length)))
  })

  tokens(count: number) {
    const expiry = { token_type: this.tokenType, expires_in: 600 }
    return { access_token: `access-${count}`, refresh_token: `refresh-${count}`, ...expiry }
  }

  holder() {
    const { environment, prover, store } = this
    const source = { metadata: () => Promise.resolve(metadata), clientId: 'client', environment }
    const client = oauthClient({ ...source, dpop: prover })
    const allowedOrigins = new Set([api])
    return managerOf(environment, { client, store, allowedOrigins, autoRenew: false, grant: refreshTokenGrant() })
  }
}

test('P-140 F-089 each renewal proves the key that got the refresh token, also in another holder', async () => {
  const bound = new Bound()
  const proofKey = await bound.prover.makeKey()
  const tokens = bound.holder()
  await tokens.setTokens(bound.tokens(0), { proofKey })
  await bound.environment.pass(700_000)
  await bound.environment.passUntil(tokens.getAccessToken())
  await bound.environment.pass(700_000)
  await bound.environment.passUntil(bound.holder().getAccessToken())
  expect(bound.sent.map(({ proof }) => proof)).toEqual(['key-0 for the server', 'key-0 for the server'])
})

test('a refresh token alone is bound to a new key, which stays', async () => {
  const bound = new Bound()
  const tokens = bound.holder()
  await tokens.setTokens({ refresh_token: 'refresh-0' })
  await bound.environment.passUntil(tokens.getAccessToken())
  expect(bound.sent[0]?.proof).toBe('key-0 for the server')
  expect((await bound.store.read('session'))?.record).toMatchObject({ proofKey: { publicKey: { kty: 'key-0' } } })
})

test('P-146 calls to an API prove the key of the session, and name the token', async () => {
  const bound = new Bound()
  const tokens = bound.holder()
  await tokens.setTokens(bound.tokens(0), { proofKey: await bound.prover.makeKey() })
  await tokens.fetch(`${api}/orders`)
  expect(bound.sent).toEqual([{ url: `${api}/orders`, proof: 'key-0 for access-0', authorization: 'DPoP access-0' }])
})

test('an API of another origin that changes its nonce costs one more call, and no renewal', async () => {
  const bound = new Bound()
  bound.prover = dpop()
  const nonces = ['one', 'one', 'two', 'two']
  bound.answer = () => {
    const isRefused = bound.sent.length % 2 === 1
    const headers = { 'dpop-nonce': nonces[bound.sent.length - 1] ?? '' }
    return Response.json({ error: isRefused && 'Unauthorized' }, { status: isRefused ? 401 : 200, headers })
  }
  const tokens = bound.holder()
  await tokens.setTokens(bound.tokens(0), { proofKey: await bound.prover.makeKey() })
  const statuses = [(await tokens.fetch(api)).status, (await tokens.fetch(api)).status]
  expect(statuses).toEqual([200, 200])
  expect(bound.sent.map(({ url }) => new URL(url).origin)).toEqual(Array<string>(4).fill(api))
})

test('P-145 a renewal with a token that is not bound keeps the new refresh token, and uses no such token', async () => {
  const bound = new Bound()
  const tokens = bound.holder()
  await tokens.setTokens(bound.tokens(0), { proofKey: await bound.prover.makeKey() })
  await bound.environment.pass(700_000)
  bound.tokenType = 'Bearer'
  expect(await failureOf(bound.environment.passUntil(tokens.getAccessToken()))).toMatchObject({ code: 'unavailable' })
  const { record } = (await bound.store.read('session')) ?? {}
  expect(record).toMatchObject({ state: 'live', accessTokens: { '': { token: 'access-0' } } })
  expect(record).not.toMatchObject({ refreshToken: 'refresh-0' })
  bound.tokenType = 'DPoP'
  await bound.environment.pass(200_000)
  expect(await bound.environment.passUntil(tokens.getAccessToken())).toMatch('access')
})

test('P-145 where refresh tokens alone are bound, tokens of type Bearer are used', async () => {
  const bound = new Bound()
  bound.prover = Object.assign(new FakeProver(), { allowsBearer: true })
  bound.tokenType = 'Bearer'
  const tokens = bound.holder()
  await tokens.setTokens(bound.tokens(0), { proofKey: await bound.prover.makeKey() })
  await bound.environment.pass(700_000)
  expect(await bound.environment.passUntil(tokens.getAccessToken())).toBe('access-1')
})

test.each([
  ['a token that is not bound', 'Bearer', true],
  ['a bound token without its key', 'DPoP', false],
])('setTokens() refuses %s, and changes nothing', async (_what, type, hasKey) => {
  const bound = new Bound()
  bound.tokenType = type
  const tokens = bound.holder()
  const proofKey = hasKey ? await bound.prover.makeKey() : undefined
  expect(await failureOf(tokens.setTokens(bound.tokens(0), { proofKey }))).toMatchObject({ code: 'misconfigured' })
  expect(await bound.store.read('session')).toBeUndefined()
})

test('P-151 a sign-out erases the key', async () => {
  const bound = new Bound()
  const tokens = bound.holder()
  await tokens.setTokens(bound.tokens(0), { proofKey: await bound.prover.makeKey() })
  await tokens.signOut()
  expect(JSON.stringify(await bound.store.read('session'))).not.toContain('key-0')
})

test('a session that began without a key goes on without one', async () => {
  const bound = new Bound()
  const { environment, store } = bound
  bound.tokenType = 'Bearer'
  await managerOf(environment, { store, autoRenew: false }).setTokens(bound.tokens(0))
  await environment.pass(700_000)
  expect(await environment.passUntil(bound.holder().getAccessToken())).toBe('access-1')
  expect(bound.sent[0]?.proof).toBeNull()
})

test('a sign-out that is asked for after a sign-in counts, although making a key takes time', async () => {
  const bound = new Bound()
  const { environment } = bound
  const makeKey = bound.prover.makeKey
  Object.assign(bound.prover, {
    makeKey: async () => {
      await new Promise<void>((resolve) => environment.setTimer(resolve, 500))
      return makeKey()
    },
  })
  const tokens = bound.holder()
  await environment.pass(1000)
  const signingIn = tokens.setTokens({ refresh_token: 'refresh-0' })
  await environment.pass(10)
  const signingOut = tokens.signOut()
  await environment.passUntil(Promise.all([signingIn, signingOut]))
  expect(tokens.getSnapshot().status).toBe('signed_out')
  expect((await bound.store.read('session'))?.record).toMatchObject({ state: 'signed_out' })
})

test.each([null, {}, { privateKey: null, publicKey: {} }, { publicKey: {} }])(
  'a record whose key is %j is damaged, and no foreign error',
  (proofKey) => {
    const base = { format: 1, sessionId: 's', generation: 0, state: 'live', at: 1, accessTokens: {} }
    expect(decodeRecord(JSON.stringify({ ...base, proofKey }))).toEqual({ state: 'unreadable', problem: 'corrupt' })
  },
)
