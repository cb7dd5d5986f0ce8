import { describe, expect, test } from 'vitest'
import { createAuthorizationServer, type AuthorizationRequest } from 'evergrant/testing'
import { redeem, startServer, statusAtResource, successorOf } from './redeeming.js'
import {
  answerOf,
  challengeOf,
  claimsOf,
  exchange,
  redirectUri,
  signInByRedirect,
  signInRequest,
  visit,
} from './signing-in.js'

const clients = { client: {}, other: {}, web: { secret: 's3cret' }, listed: { redirectUris: [redirectUri] } }
const invalidGrant = { status: 400, body: { error: 'invalid_grant' } }

describe('the authorization endpoint', () => {
  test('signs alice in without a question, and says in whose name', async () => {
    const { server } = await startServer()
    const answer = await answerOf(server)
    expect(answer).toEqual({ code: expect.stringMatching(/^code/), state: 'a state', iss: 'https://as.example' })
    const { status, body } = await exchange(server, answer.code)
    expect(status).toBe(200)
    expect(server.inspect(String(body.access_token))).toMatchObject({ subject: 'alice', isUsable: true })
    expect(body.scope).toBe('openid offline_access')
    expect(await successorOf(server, body.refresh_token)).toMatch(/^refresh/)
  })

  test('keeps the query of the address it sends the browser to', async () => {
    const { server } = await startServer()
    expect(await answerOf(server, { redirect_uri: `${redirectUri}?tab=1`, state: undefined })).toEqual({
      ...{ tab: '1', code: expect.any(String), iss: 'https://as.example' },
    })
  })

  test('leaves the issuer out of answers if it is told to, and says so in its metadata', async () => {
    const server = createAuthorizationServer({ sendsIssuer: false })
    expect(Object.keys(await answerOf(server))).toEqual(['code', 'state'])
    expect(Object.keys(await answerOf(server, { response_type: 'token' }))).not.toContain('iss')
    const metadata = await server.handle(new Request('https://as.example/.well-known/openid-configuration'))
    expect(await metadata.json()).toMatchObject({ authorization_response_iss_parameter_supported: false })
  })

  test.each([
    ['an unknown client', { client_id: 'nobody' }],
    ['no client', { client_id: undefined }],
    ['no address to come back to', { redirect_uri: undefined }],
    ['an address that is none', { redirect_uri: '/callback' }],
    ['an address with a fragment', { redirect_uri: `${redirectUri}#here` }],
    ['an address that the client did not list', { client_id: 'listed', redirect_uri: `${redirectUri}/more` }],
  ])('sends nobody anywhere for %s', async (_what, changes) => {
    const server = createAuthorizationServer({ clients })
    const response = await visit(server, signInRequest(changes))
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
    expect(response.headers.get('content-type')).toBe('text/html')
  })

  test('takes an address that the client listed', async () => {
    const server = createAuthorizationServer({ clients })
    expect(await answerOf(server, { client_id: 'listed' })).toHaveProperty('code')
  })

  test.each([
    ['without a challenge from a public client', { code_challenge: undefined }, 'invalid_request'],
    ['with a challenge that is no hash', { code_challenge: 'short' }, 'invalid_request'],
    ['with a challenge in the clear', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['with a challenge of no method', { code_challenge_method: undefined }, 'invalid_request'],
    ['with a web client that names no method', { client_id: 'web', code_challenge_method: 'plain' }, 'invalid_request'],
    ['for an implicit grant', { response_type: 'token' }, 'unsupported_response_type'],
  ])('tells the application that it refuses a request %s', async (_what, changes, error) => {
    const server = createAuthorizationServer({ clients })
    expect(await answerOf(server, changes)).toEqual({
      ...{ error, error_description: expect.any(String), state: 'a state', iss: 'https://as.example' },
    })
  })
})

describe('who decides about a sign-in', () => {
  test('sees its whole request and names the user', async () => {
    const seen: AuthorizationRequest[] = []
    const server = createAuthorizationServer({
      authorize(request) {
        seen.push(request)
        return Promise.resolve({ subject: 'bob' })
      },
    })
    const { body } = await signInByRedirect(server, { login_hint: 'bob@example.com' })
    expect(server.inspect(String(body.access_token))?.subject).toBe('bob')
    expect(seen.map(({ parameters, isPushed }) => [parameters.get('login_hint'), isPushed])).toEqual([
      ['bob@example.com', false],
    ])
  })

  test('may refuse it, and the application is told why', async () => {
    const server = createAuthorizationServer({
      authorize: ({ parameters }) =>
        parameters.get('prompt') === 'none'
          ? { error: 'login_required' }
          : { error: 'access_denied', errorDescription: 'Alice said no.' },
    })
    const [state, iss] = ['a state', 'https://as.example']
    expect(await answerOf(server, { prompt: 'none' })).toEqual({ error: 'login_required', state, iss })
    expect(await answerOf(server)).toEqual({
      ...{ error: 'access_denied', error_description: 'Alice said no.', state, iss },
    })
  })

  test('says how and when the user was authenticated', async () => {
    const { server, environment } = await startServer({
      authorize: () => ({ subject: 'alice', acr: 'phr', authenticatedAt: environment.now() - 60_000 }),
    })
    const { body } = await signInByRedirect(server, { acr_values: 'pwd' })
    const auth_time = Math.floor(environment.now() / 1000) - 60
    expect(claimsOf(body.id_token)).toMatchObject({ acr: 'phr', auth_time })
  })
})

describe('a refresh token', () => {
  test('comes only to whom asks for offline access', async () => {
    const { server } = await startServer()
    const { status, body } = await signInByRedirect(server, { scope: 'openid profile' })
    expect([status, body.scope]).toEqual([200, 'openid profile'])
    expect(body).not.toHaveProperty('refresh_token')
  })

  test('does not come at all where the server grants no offline access, and the scope says so', async () => {
    const { server } = await startServer({ offlineAccess: false })
    const { body } = await signInByRedirect(server)
    expect(body.scope).toBe('openid')
    expect(body).not.toHaveProperty('refresh_token')
    expect(await server.signIn()).toHaveProperty('refresh_token')
  })
})

describe('the ID token of a sign-in', () => {
  test('repeats its nonce, whatever that holds, and what was asked of the authentication', async () => {
    const { server, environment } = await startServer()
    const { body } = await signInByRedirect(server, { nonce: 'n-ö-☂', acr_values: 'phr pwd' })
    expect(claimsOf(body.id_token)).toEqual({
      ...{ iss: 'https://as.example', sub: 'alice', aud: 'client', nonce: 'n-ö-☂', acr: 'phr' },
      ...{ iat: environment.now() / 1000, exp: environment.now() / 1000 + 3600, auth_time: environment.now() / 1000 },
    })
  })

  test('is followed by others of the same authentication, without the nonce', async () => {
    const { server, environment } = await startServer()
    const first = await signInByRedirect(server, { nonce: 'n', acr_values: 'phr' })
    const auth_time = environment.now() / 1000
    await environment.pass(60_000)
    const { body } = await redeem(server, first.body.refresh_token)
    expect(claimsOf(body.id_token)).toMatchObject({ auth_time, acr: 'phr', iat: auth_time + 60 })
    expect(claimsOf(body.id_token)).not.toHaveProperty('nonce')
  })
})

describe('a code', () => {
  test('is good once; a second use ends what the first brought, and nothing else', async () => {
    const { server, accessToken } = await startServer()
    const { code } = await answerOf(server)
    const { body } = await exchange(server, code)
    expect(await exchange(server, code)).toMatchObject(invalidGrant)
    expect(await statusAtResource(server, body.access_token)).toBe(401)
    expect(await redeem(server, body.refresh_token)).toMatchObject(invalidGrant)
    expect(await statusAtResource(server, accessToken)).toBe(200)
  })

  test('used twice at the same instant is used twice', async () => {
    const { server } = await startServer()
    const { code } = await answerOf(server)
    const answers = await Promise.all([exchange(server, code), exchange(server, code)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
  })

  test('is good for a minute', async () => {
    const { server, environment } = await startServer()
    const [early, late] = [await answerOf(server), await answerOf(server)]
    await environment.pass(59_999)
    expect((await exchange(server, early.code)).status).toBe(200)
    await environment.pass(1)
    expect(await exchange(server, late.code)).toMatchObject(invalidGrant)
  })

  test.each([
    ['another verifier', { code_verifier: 'w'.repeat(43) }],
    ['no verifier', { code_verifier: undefined }],
    ['another address', { redirect_uri: `${redirectUri}/` }],
    ['no address', { redirect_uri: undefined }],
    ['another client', { client_id: 'other' }],
  ])('is refused with %s, and stays good for its client', async (_what, changes) => {
    const server = createAuthorizationServer({ clients })
    const { code } = await answerOf(server)
    expect(await exchange(server, code, changes)).toMatchObject(invalidGrant)
    expect((await exchange(server, code)).status).toBe(200)
  })

  test.each(['v'.repeat(42), 'v'.repeat(129), `${'v'.repeat(43)}!`])('is refused to the verifier %s', async (weak) => {
    const { server } = await startServer()
    const { code } = await answerOf(server, { code_challenge: challengeOf(weak) })
    expect(await exchange(server, code, { code_verifier: weak })).toMatchObject(invalidGrant)
  })

  test('that nobody issued brings nothing', async () => {
    const { server } = await startServer()
    expect(await exchange(server, 'code.0.made-up')).toMatchObject(invalidGrant)
    expect(await exchange(server, undefined)).toMatchObject(invalidGrant)
  })

  test('of a web client needs its secret in place of a verifier', async () => {
    const server = createAuthorizationServer({ clients })
    const without = { code_challenge: undefined, code_challenge_method: undefined }
    const { code } = await answerOf(server, { client_id: 'web', ...without })
    const headers = { authorization: `Basic ${btoa('web:s3cret')}` }
    // A verifier where there was no challenge: somebody took the challenge out of the request (RFC 9700 section 4.8.2).
    expect(await exchange(server, code, { client_id: undefined }, headers)).toMatchObject(invalidGrant)
    const answer = await exchange(server, code, { client_id: undefined, code_verifier: undefined }, headers)
    expect(answer.status).toBe(200)
  })
})
