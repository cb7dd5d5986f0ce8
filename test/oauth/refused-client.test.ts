import {
  clientSecretBasic,
  clientSecretJwt,
  clientSecretPost,
  createTokenManager,
  privateKeyJwt,
  type ClientAuth,
} from 'evergrant'
import { createAuthorizationServer } from 'evergrant/testing'
import { describe, expect, it } from 'vitest'
import { EvergrantError } from '../../src/core/errors.js'
import { ask, type Sent } from '../support/asking.js'
import { keyPair, readAssertion } from '../support/assertions.js'
import { oauthClient } from '../../src/oauth/client.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { metadata } from '../support/managed.js'

const now = new FakeEnvironment().now()
const { privateKey: key } = await keyPair()

/** A server that refuses the client, by a clock that is ahead. */
function refusal(aheadMs?: number, body: object = { error: 'invalid_client' }, status = 401): Response {
  const headers = aheadMs === undefined ? {} : { date: new Date(now + aheadMs).toUTCString() }
  return Response.json(body, { status, headers })
}

function success(): Response {
  return Response.json({ access_token: 'access', token_type: 'Bearer' })
}

/** Answers each request with the next of these, and the last one from then on. */
function inTurn(...answers: (() => Response)[]): () => Response {
  return () => (answers.length > 1 ? answers.shift() : answers[0])?.() ?? success()
}

/** Each secret that was sent in a body. */
function secretsOf(sent: readonly Sent[]): (string | null)[] {
  return sent.map(({ body }) => body.get('client_secret'))
}

/** Gives the old secret until it is told that it was refused. */
function vault(): { ask: (isRefused: boolean) => Promise<string>; asked: boolean[] } {
  const asked: boolean[] = []
  let secret = 'old'
  return {
    asked,
    ask(isRefused) {
      asked.push(isRefused)
      if (isRefused) secret = 'new'
      return Promise.resolve(secret)
    },
  }
}

describe('a secret that the server has refused', () => {
  it.each([
    ['401', () => refusal()],
    ['400', () => refusal(undefined, undefined, 400)],
    [
      'a challenge',
      () => new Response(null, { status: 401, headers: { 'www-authenticate': 'Basic error="invalid_client"' } }),
    ],
  ])('P-029 by %s is asked for once more, and the request repeated with the new one', async (_kind, refused) => {
    const { ask: secret, asked } = vault()
    const { sent, granted } = await ask(inTurn(refused, success), { clientAuth: clientSecretPost(secret) })
    expect(secretsOf(sent)).toEqual(['old', 'new'])
    expect(sent.map(({ body }) => body.get('refresh_token'))).toEqual(['refresh-1', 'refresh-1'])
    expect(asked).toEqual([false, true])
    expect(granted?.response.access_token).toBe('access')
  })

  it('P-029 is replaced with HTTP Basic, too', async () => {
    const { ask: secret } = vault()
    const { sent } = await ask(inTurn(refusal, success), { clientAuth: clientSecretBasic(secret) })
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual(
      ['old', 'new'].map((secret) => `Basic ${btoa(`client:${secret}`)}`),
    )
  })

  it('P-029 is asked for once only: a second refusal is the answer', async () => {
    let count = 0
    const clientAuth = clientSecretPost(() => `secret-${++count}`)
    const { sent, error } = await ask(() => refusal(), { clientAuth })
    expect(secretsOf(sent)).toEqual(['secret-1', 'secret-2'])
    expect(error).toMatchObject({ code: 'misconfigured', error: 'invalid_client', status: 401 })
  })

  it.each<[string, ClientAuth]>([
    ['the same comes again', clientSecretPost(() => 'same')],
    ['it is always the same', clientSecretPost('same')],
    ['nobody can say', clientSecretPost((isRefused) => (isRefused ? Promise.reject(new Error('sealed')) : 'same'))],
    ['what comes is none', clientSecretPost((isRefused) => (isRefused ? '' : 'same'))],
  ])('P-029 is not sent again when %s', async (_why, clientAuth) => {
    const { sent, error } = await ask(() => refusal(), { clientAuth })
    expect(secretsOf(sent)).toEqual(['same'])
    expect(error).toMatchObject({ code: 'misconfigured', error: 'invalid_client', status: 401 })
  })

  it.each([
    ['invalid_grant', () => refusal(undefined, { error: 'invalid_grant' }, 400), 'login_required'],
    ['unauthorized_client', () => refusal(undefined, { error: 'unauthorized_client' }, 400), 'misconfigured'],
    ['401 alone', () => new Response(null, { status: 401 }), 'misconfigured'],
    ['500', () => new Response(null, { status: 500 }), 'unavailable'],
    ['words in another place', () => refusal(undefined, { error_description: 'invalid_client' }, 400), 'misconfigured'],
    ['success', success, undefined],
  ])('P-029 is not what %s means', async (_kind, answer, code) => {
    const { ask: secret, asked } = vault()
    const { sent, error } = await ask(answer, { clientAuth: clientSecretPost(secret) })
    expect(secretsOf(sent)).toEqual(['old'])
    expect(asked).toEqual([false])
    expect((error as EvergrantError | undefined)?.code).toBe(code)
  })

  it('is not known to whoever authenticates in a way of their own', async () => {
    const clientAuth: ClientAuth = (_server, _client, body) => body.set('client_secret', String(body.size))
    const { sent } = await ask(() => refusal(), { clientAuth })
    expect(sent).toHaveLength(1)
  })
})

it('P-029 a secret that cannot be got is no answer of the server, and its error keeps no secret', async () => {
  const clientAuth = clientSecretBasic(() => Promise.reject(new RangeError('the token of the vault is s3cret')))
  const { sent, error } = await ask(success, { clientAuth })
  expect(sent).toEqual([])
  expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/clientSecretBasic.*RangeError$/) })
  const own = new EvergrantError('denied', 'not for you')
  expect(await ask(success, { clientAuth: clientSecretBasic(() => Promise.reject(own)) })).toMatchObject({ error: own })
})

describe('the clock of the server', () => {
  const times = ({ body }: Sent): number[] => {
    const { iat, nbf, exp } = readAssertion(body).claims
    return [iat, nbf, exp].map((time) => Number(time) - now / 1000)
  }

  it.each([600, -600])(
    'P-096 that is %d s ahead costs one refused assertion, and none from then on',
    async (seconds) => {
      const clientAuth = privateKeyJwt(key)
      const first = await ask(
        inTurn(() => refusal(seconds * 1000), success),
        { clientAuth },
      )
      expect(first.sent.map(times)).toEqual([
        [0, 0, 10],
        [seconds, seconds, seconds + 10],
      ])
      expect(first.granted).toBeDefined()
      const second = await ask(success, { clientAuth })
      expect(second.sent.map(times)).toEqual([[seconds, seconds, seconds + 10]])
    },
  )

  it('P-096 is learned from answers that are no refusals, too', async () => {
    const clientAuth = clientSecretJwt('secret')
    await ask(() => new Response(null, { status: 503, headers: { date: new Date(now + 60_000).toUTCString() } }), {
      clientAuth,
    })
    const { sent } = await ask(success, { clientAuth })
    expect(sent.map(times)).toEqual([[60, 60, 70]])
  })

  it.each([
    ['is right', 0],
    ['is right but for the time an answer takes', 1000],
    ['is not known', undefined],
  ])('that %s is not why an assertion was refused', async (_kind, aheadMs) => {
    const { sent, error } = await ask(() => refusal(aheadMs), { clientAuth: privateKeyJwt(key) })
    expect(sent).toHaveLength(1)
    expect(error).toMatchObject({ code: 'misconfigured', error: 'invalid_client' })
  })

  it('does not matter to a secret', async () => {
    const { sent } = await ask(() => refusal(600_000), { clientAuth: clientSecretPost(() => 'same') })
    expect(sent).toHaveLength(1)
  })

  it('is known of each server by itself', async () => {
    const clientAuth = privateKeyJwt(key)
    await ask(
      inTurn(() => refusal(600_000), success),
      { clientAuth },
    )
    const other = { ...metadata, issuer: 'https://other.example' }
    const { sent } = await ask(success, { clientAuth, metadata: () => Promise.resolve(other) })
    expect(sent.map(times)).toEqual([[0, 0, 10]])
  })
})

it('P-029 a key that was refused is asked for once more', async () => {
  const asked: boolean[] = []
  const clientAuth = privateKeyJwt((isRefused) => {
    asked.push(isRefused)
    return { ...key, kid: isRefused ? 'new' : 'old' }
  })
  const { sent } = await ask(inTurn(refusal, success), { clientAuth })
  expect(sent.map(({ body }) => readAssertion(body).header.kid)).toEqual(['old', 'new'])
  expect(asked).toEqual([false, true])
})

describe('a request that is repeated for another secret', () => {
  /** Posts a form while somebody takes down what happens. */
  async function post(answers: () => Response | Promise<Response>, mayGo: () => boolean = () => true) {
    const log: string[] = []
    const environment = new FakeEnvironment(() => {
      log.push('request')
      return Promise.resolve(answers())
    })
    const clientAuth = clientSecretPost(vault().ask)
    const client = oauthClient({
      clientId: 'client',
      clientAuth,
      metadata: () => Promise.resolve(metadata),
      environment,
    })
    let count = 0
    const outcome = client.post('token_endpoint', {}, () => {
      const number = ++count
      if (!mayGo()) throw new EvergrantError('unavailable', 'the turn was lost')
      log.push(`sending ${number}`)
      return () => log.push(`not sent ${number}`)
    })
    const code = await outcome.then(
      ({ status }) => status,
      ({ code }: EvergrantError) => code,
    )
    return { log, code }
  }

  it('asks before it leaves whether it still may, and counts the refused one as not sent', async () => {
    const { log, code } = await post(inTurn(refusal, success))
    expect(log).toEqual(['sending 1', 'request', 'not sent 1', 'sending 2', 'request'])
    expect(code).toBe(200)
  })

  it('does not leave when it may not any more', async () => {
    const may = [true, false]
    const { log, code } = await post(inTurn(refusal, success), () => may.shift() === true)
    expect(log).toEqual(['sending 1', 'request', 'not sent 1'])
    expect(code).toBe('unavailable')
  })

  it('is in doubt when its own answer is lost', async () => {
    let count = 0
    const { log, code } = await post(() => (++count === 1 ? refusal() : Promise.reject(new TypeError('lost'))))
    expect(log).toEqual(['sending 1', 'request', 'not sent 1', 'sending 2', 'request'])
    expect(code).toBe('unavailable')
  })
})

describe('a session', () => {
  it('P-029 goes on by itself when the secret of its client is replaced', async () => {
    const web = { secret: 'old' }
    const server = createAuthorizationServer({ clients: { web } })
    const { ask: secret, asked } = vault()
    const tokens = createTokenManager({
      issuer: server.issuer,
      clientId: 'web',
      clientAuth: clientSecretBasic(secret),
      autoRenew: false,
      fetch: (input, init) => server.handle(new Request(input, init)),
    })
    const { refresh_token } = await server.signIn({ clientId: 'web' })
    await tokens.setTokens({ refresh_token })
    web.secret = 'new'
    expect(server.inspect(await tokens.getAccessToken())).toMatchObject({ isUsable: true })
    expect(asked).toEqual([false, true])
    expect(server.tokenRequests).toBe(2)
    expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
    expect(tokens.getSnapshot()).toMatchObject({ status: 'active', generation: 1, error: undefined })
    tokens.dispose()
  })

  it('P-096 goes on at a server whose clock is ten minutes off', async () => {
    for (const clockOffsetMs of [600_000, -600_000]) {
      const { privateKey, publicKey } = await keyPair()
      const server = createAuthorizationServer({ clients: { service: { publicKey } }, clockOffsetMs })
      const tokens = createTokenManager({
        issuer: server.issuer,
        clientId: 'service',
        clientAuth: privateKeyJwt(privateKey),
        autoRenew: false,
        fetch: (input, init) => server.handle(new Request(input, init)),
      })
      const { refresh_token } = await server.signIn({ clientId: 'service' })
      await tokens.setTokens({ refresh_token })
      await tokens.getAccessToken()
      expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
      expect(server.tokenRequests).toBe(2)
      tokens.dispose()
    }
  })
})
