import { describe, expect, test } from 'vitest'
import { createAuthorizationServer, type AuthorizationServer } from 'evergrant/testing'
import { startServer } from './redeeming.js'
import { answerIn, answerOf, exchange, post, readJson, signInRequest, visit, type Parameters } from './signing-in.js'

/** Pushes the usual request, with these changes. */
async function push(server: AuthorizationServer, changes: Parameters = {}): Promise<string> {
  const form = Object.fromEntries(signInRequest(changes))
  const { status, body } = await readJson(await post(server, '/par', form))
  expect(status).toBe(201)
  return String(body.request_uri)
}

function follow(server: AuthorizationServer, requestUri: string, clientId = 'client'): Promise<Response> {
  return visit(server, new URLSearchParams({ client_id: clientId, request_uri: requestUri }))
}

describe('a pushed request', () => {
  test('is answered with its address, and followed there', async () => {
    const { server } = await startServer()
    const response = await post(server, '/par', Object.fromEntries(signInRequest()))
    const { status, body } = await readJson(response)
    expect([status, body]).toEqual([
      201,
      { request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:/), expires_in: 60 },
    ])
    const answer = answerIn(await follow(server, String(body.request_uri)))
    expect(answer).toMatchObject({ state: 'a state', iss: 'https://as.example' })
    expect((await exchange(server, answer.code)).status).toBe(200)
    expect(server.tokenRequests).toBe(1)
  })

  test('counts as it was pushed, whatever the address of the browser says', async () => {
    const isPushed: boolean[] = []
    const server = createAuthorizationServer({
      authorize(request) {
        isPushed.push(request.isPushed)
        return { subject: 'alice' }
      },
    })
    const requestUri = await push(server)
    const query = signInRequest({ request_uri: requestUri, state: 'forged', redirect_uri: 'https://evil.example' })
    expect(answerIn(await visit(server, query))).toMatchObject({ state: 'a state' })
    expect(isPushed).toEqual([true])
  })

  test('is used once', async () => {
    const { server } = await startServer()
    const requestUri = await push(server)
    expect((await follow(server, requestUri)).status).toBe(302)
    expect((await follow(server, requestUri)).status).toBe(400)
  })

  test('is used before it expires', async () => {
    const { server, environment } = await startServer()
    const [early, late] = [await push(server), await push(server)]
    await environment.pass(59_999)
    expect((await follow(server, early)).status).toBe(302)
    await environment.pass(1)
    expect((await follow(server, late)).status).toBe(400)
  })

  test('is of no use to another client, and stays good for its own', async () => {
    const server = createAuthorizationServer({ clients: { client: {}, other: {} } })
    const requestUri = await push(server)
    expect((await follow(server, requestUri, 'other')).status).toBe(400)
    expect((await follow(server, requestUri)).status).toBe(302)
  })

  test.each([
    ['that names another pushed one', { request_uri: 'urn:x' }, 'invalid_request'],
    ['without a challenge', { code_challenge: undefined }, 'invalid_request'],
    ['without an address to come back to', { redirect_uri: undefined }, 'invalid_request'],
    ['for an implicit grant', { response_type: 'token' }, 'unsupported_response_type'],
  ])('is refused at once %s', async (_what, changes, error) => {
    const { server } = await startServer()
    const response = await post(server, '/par', Object.fromEntries(signInRequest(changes)))
    expect(await readJson(response)).toEqual({ status: 400, body: { error, error_description: expect.any(String) } })
  })

  test('comes from a client that shows who it is, and may name itself beside that', async () => {
    const server = createAuthorizationServer({ clients: { client: {}, web: { secret: 's3cret' } } })
    const form = Object.fromEntries(signInRequest({ client_id: 'web' }))
    const authorization = `Basic ${btoa('web:s3cret')}`
    expect((await post(server, '/par', form)).status).toBe(401)
    expect((await post(server, '/par', { ...form, client_id: 'client' }, { authorization })).status).toBe(401)
    expect((await post(server, '/par', form, { authorization })).status).toBe(201)
    const { body } = await readJson(await post(server, '/par', { ...form, client_id: undefined }, { authorization }))
    expect((await follow(server, String(body.request_uri), 'web')).status).toBe(302)
  })

  test('can go wrong as `fault` says', async () => {
    const server = createAuthorizationServer({
      fault: ({ url }) => (url.endsWith('/par') ? { type: 'respond', status: 503 } : undefined),
    })
    expect((await post(server, '/par', Object.fromEntries(signInRequest()))).status).toBe(503)
  })
})

test('a server may take pushed requests alone, which its metadata tells', async () => {
  const server = createAuthorizationServer({ requirePushedRequests: true })
  expect(await answerOf(server)).toMatchObject({ error: 'invalid_request', state: 'a state' })
  expect(answerIn(await follow(server, await push(server)))).toHaveProperty('code')
  const metadata = await server.handle(new Request('https://as.example/.well-known/openid-configuration'))
  expect(await metadata.json()).toMatchObject({ require_pushed_authorization_requests: true })
})
