import { describe, expect, test } from 'vitest'
import { commonFaults, DroppedConnection, type Fault } from 'evergrant/testing'
import { outcomes, redeem, startServer, successorOf, tokenRequest } from './redeeming.js'

/** The answer to a token request with which this goes wrong. */
async function answerWith(fault: Fault): Promise<Response> {
  const { server, refreshToken } = await startServer({ fault: () => fault })
  return server.handle(tokenRequest(server, refreshToken))
}

describe('a connection that fails', () => {
  test('before the request arrives leaves the refresh token unused', async () => {
    const { server, refreshToken } = await startServer()
    server.failNext({ type: 'drop-request' })
    const failure = await server.handle(tokenRequest(server, refreshToken)).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(DroppedConnection)
    expect(failure).toBeInstanceOf(TypeError)
    expect([server.tokenRequests, server.redemptions]).toEqual([1, []])
    expect(await successorOf(server, refreshToken)).toMatch(/^refresh/)
  })

  test('before the answer arrives has used it up', async () => {
    const { server, refreshToken } = await startServer()
    server.failNext({ type: 'drop-response' })
    await expect(server.handle(tokenRequest(server, refreshToken))).rejects.toThrow(DroppedConnection)
    expect(outcomes(server)).toEqual(['accepted'])
    expect((await redeem(server, refreshToken)).status).toBe(400)
  })

  test('within the answer, at any byte, has used it up, and the client sees as much as arrived', async () => {
    const whole = new Uint8Array(await (await answerWith({ type: 'delay' })).arrayBuffer())
    for (let bytes = 0; bytes <= whole.length; bytes++) {
      const { server, refreshToken } = await startServer({ fault: () => ({ type: 'truncate', bytes }) })
      const response = await server.handle(tokenRequest(server, refreshToken))
      expect([response.status, response.headers.get('content-length')]).toEqual([200, String(whole.length)])
      const arrived: number[] = []
      const reading = (async () => {
        for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) arrived.push(...part)
      })()
      await expect(reading).rejects.toThrow(DroppedConnection)
      expect(arrived).toHaveLength(bytes)
      expect(outcomes(server)).toEqual(['accepted'])
    }
  })
})

describe('a delay', () => {
  test('of the request lets the server act late', async () => {
    const { server, environment, refreshToken } = await startServer()
    server.failNext({ type: 'delay', requestMs: 5000 })
    const answer = redeem(server, refreshToken)
    await environment.pass(4999)
    expect(outcomes(server)).toEqual([])
    await environment.pass(1)
    expect(outcomes(server)).toEqual(['accepted'])
    expect((await answer).status).toBe(200)
  })

  test('of the answer comes after the server has acted', async () => {
    const { server, environment, refreshToken } = await startServer()
    server.failNext({ type: 'delay', responseMs: 5000 })
    let isAnswered = false
    const answer = redeem(server, refreshToken).finally(() => (isAnswered = true))
    await environment.pass(4999)
    expect([outcomes(server), isAnswered]).toEqual([['accepted'], false])
    await environment.pass(1)
    expect((await answer).status).toBe(200)
  })
})

describe('a request that arrives twice', () => {
  test.each([
    [{ type: 'duplicate' }, 200],
    [{ type: 'duplicate', answer: 'first' }, 200],
    [{ type: 'duplicate', answer: 'second' }, 400],
  ] as [Fault, number][])('is reuse under strict rotation: %j is answered with %i', async (fault, status) => {
    const { server, refreshToken } = await startServer()
    server.failNext(fault)
    const answer = await redeem(server, refreshToken)
    expect(answer.status).toBe(status)
    expect(outcomes(server)).toEqual(['accepted', 'reuse'])
    expect(server.tokenRequests).toBe(1)
  })

  test.each(['first', 'second'] as const)(
    'does no harm within grace, whichever answer comes (the %s)',
    async (answer) => {
      const { server, refreshToken } = await startServer({ rotation: { graceSeconds: 30 } })
      server.failNext({ type: 'duplicate', answer })
      expect(server.inspect(await successorOf(server, refreshToken))?.isUsable).toBe(true)
      expect(outcomes(server)).toEqual(['accepted', 'repeated'])
    },
  )
})

describe('a server that fails after it has acted', () => {
  test('answers 500 unless it is told what to answer', async () => {
    const { server, refreshToken } = await startServer()
    server.failNext({ type: 'error-after-commit' })
    expect(await redeem(server, refreshToken)).toEqual({ status: 500, body: { error: 'server_error' } })
    expect(outcomes(server)).toEqual(['accepted'])
  })

  test('answers as it is told', async () => {
    const { server, refreshToken } = await startServer()
    server.failNext({ type: 'error-after-commit', status: 400, body: { error: 'invalid_request' } })
    expect(await redeem(server, refreshToken)).toEqual({ status: 400, body: { error: 'invalid_request' } })
    expect(outcomes(server)).toEqual(['accepted'])
  })
})

describe('something on the way that answers instead of the server', () => {
  test.each([500, 502, 503, 504, 599])('may say %i, and the refresh token is unused', async (status) => {
    const { server, refreshToken } = await startServer()
    server.failNext({ type: 'respond', status })
    const response = await server.handle(tokenRequest(server, refreshToken))
    expect([response.status, await response.text()]).toEqual([status, ''])
    expect(server.redemptions).toEqual([])
  })

  test('may be a maintenance page that says when to come again, or not', async () => {
    const silent = await answerWith(commonFaults.unavailable())
    const telling = await answerWith(commonFaults.unavailable(120))
    expect([silent.status, silent.headers.get('retry-after')]).toEqual([503, null])
    expect([telling.status, telling.headers.get('retry-after')]).toEqual([503, '120'])
    expect(telling.headers.get('content-type')).toBe('text/html')
  })

  test('may be a rate limit with or without headers', async () => {
    const bare = await answerWith(commonFaults.tooManyRequests())
    const full = await answerWith(
      commonFaults.tooManyRequests({ 'retry-after': '7', 'x-rate-limit-reset': '1767225660' }),
    )
    expect([bare.status, bare.headers.get('retry-after')]).toEqual([429, null])
    expect([full.headers.get('retry-after'), full.headers.get('x-rate-limit-reset')]).toEqual(['7', '1767225660'])
    expect(await bare.json()).toEqual({ error: 'invalid_grant' })
  })

  test('may be the page of a hotel, with status 200', async () => {
    const response = await answerWith(commonFaults.captivePortal())
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html'])
    expect(await response.text()).toContain('<html>')
  })

  test('may send the client elsewhere', async () => {
    const response = await answerWith(commonFaults.redirect('https://portal.example/'))
    expect([response.status, response.headers.get('location')]).toEqual([307, 'https://portal.example/'])
  })
})

describe('which requests go wrong', () => {
  test('are the next ones, in the order they were named, and then those that `fault` picks', async () => {
    const { server, refreshToken } = await startServer({
      rotation: 'none',
      fault: ({ headers }) => (headers.has('x-unlucky') ? { type: 'respond', status: 418 } : undefined),
    })
    server.failNext({ type: 'respond', status: 501 }, { type: 'respond', status: 502 })
    server.failNext({ type: 'respond', status: 503 })
    const statuses: number[] = []
    for (const isUnlucky of [true, false, true, true, false]) {
      const request = tokenRequest(server, refreshToken)
      if (isUnlucky) request.headers.set('x-unlucky', '1')
      statuses.push((await server.handle(request)).status)
    }
    expect(statuses).toEqual([501, 502, 503, 418, 200])
    expect(server.tokenRequests).toBe(5)
  })

  test('are token requests only: metadata, keys and the resource are always served', async () => {
    const { server, accessToken } = await startServer({ fault: () => ({ type: 'drop-request' }) })
    server.failNext({ type: 'drop-request' })
    const headers = { authorization: `Bearer ${accessToken}` }
    for (const path of ['/.well-known/openid-configuration', '/jwks', '/resource']) {
      expect((await server.handle(new Request(`https://as.example${path}`, { headers }))).status).toBe(200)
    }
    expect(server.tokenRequests).toBe(0)
  })
})
