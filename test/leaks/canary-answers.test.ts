import { clientSecretBasic } from 'evergrant'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { canary, canaryIdToken, canaryToken, canaryTokens, hasCanary } from './canary.js'
import { Overheard, type Answer, type TokenRequest } from './overheard.js'
import { listenToProcess, type ProcessOutput } from './process-output.js'

const errors = [
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type'],
  ...['invalid_scope', 'access_denied', 'server_error', 'temporarily_unavailable', 'interaction_required'],
  ...['login_required', 'consent_required', 'mfa_required', 'use_dpop_nonce', 'slow_down', 'something_else'],
]

let output: ProcessOutput

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'], now: Date.UTC(2026, 0, 1) })
  output = listenToProcess()
})

afterEach(() => {
  output.stop()
  vi.useRealTimers()
})

/** Lets a renewal be answered so, and the next ones be in order; then nothing that could be seen holds a secret. */
async function expectNoSecret(...answers: Answer[]): Promise<void> {
  const overheard = new Overheard({ clientAuth: clientSecretBasic(`${canary}:/+ %&é`) })
  await overheard.signIn()
  overheard.answerNext(...answers)
  await overheard.ask()
  overheard.look()
  await overheard.pass(60)
  await overheard.ask(overheard.manager.getTokens())
  overheard.look()
  await overheard.finish(overheard.manager.signOut())
  await overheard.ask()
  overheard.look()
  overheard.manager.dispose()
  expect(overheard.entrusted.some(hasCanary)).toBe(true)
  const seen = [...overheard.heard, ...output.said]
  expect(seen.join('\n')).toContain('adopted')
  expect(seen.filter(hasCanary)).toEqual([])
}

/** All a request holds that its server could repeat. */
function echoes({ body, refreshToken, authorization }: TokenRequest): string[] {
  return [
    refreshToken,
    `the refresh token ${refreshToken} is not valid`,
    `<b>${encodeURIComponent(refreshToken)}</b>`,
    `request was: ${body}`,
    `credentials were ${authorization}, ${Buffer.from(authorization.slice(6), 'base64').toString()}`,
    `the token ${canaryToken('access', 0)} and ${canaryIdToken()} are revoked`,
  ]
}
const echoCount = 6

describe('no secret comes out', () => {
  test('of new tokens', async () => {
    await expectNoSecret()
  })

  test.each(errors)('of an answer with the error %s that repeats what was sent', async (error) => {
    for (let index = 0; index < echoCount; index++) {
      for (const status of [400, 401, 403, 429, 500]) {
        await expectNoSecret((request) => {
          const echo = echoes(request)[index]
          const members = { error, error_description: echo, error_uri: `https://as.example/e?${echo}`, hint: echo }
          return Response.json(members, { status })
        })
      }
    }
  })

  test.each([400, 401, 500])('of an error word or a challenge of status %i that is what was sent', async (status) => {
    for (let index = 0; index < echoCount; index++) {
      await expectNoSecret((request) => Response.json({ error: echoes(request)[index] }, { status }))
      await expectNoSecret((request) => {
        const echo = echoes(request)[index]?.replaceAll(/["\\]|[^ -~]/g, '')
        return new Response(null, { status, headers: { 'www-authenticate': `Bearer error="${echo}"` } })
      })
    }
  })

  const oddities: [string, Answer][] = [
    ['a page with status 200', ({ body }) => new Response(`<html>${body}</html>`)],
    ['a page with status 502', ({ body }) => new Response(`<html>${body}</html>`, { status: 502 })],
    ['tokens that are no JSON', ({ body }) => new Response(`${body}&access_token=${canary}`)],
    ['tokens in a list', () => Response.json([canaryToken('access', 9)])],
    ['tokens of a type that nobody knows', () => Response.json({ access_token: canary, token_type: canary })],
    [
      'a redirect',
      ({ body }) => new Response(null, { status: 307, headers: { location: `https://x.example/?${body}` } }),
    ],
    ['a rate limit', ({ body }) => new Response(body, { status: 429, headers: { 'retry-after': body } })],
    ['a server that is down', ({ body }) => new Response(body, { status: 503, headers: { date: body } })],
    [
      'a network error that quotes the request',
      ({ body, authorization }) => {
        const request = { body, headers: { authorization } }
        const cause = Object.assign(new Error(body), { code: 'ECONNRESET', request })
        return Promise.reject(Object.assign(new TypeError(`failed: ${body}`, { cause }), { request, config: request }))
      },
    ],
  ]
  test.each(oddities)('of %s', async (_what, answer) => {
    await expectNoSecret(answer)
  })

  test('of an answer that ends, or breaks off, at any byte', async () => {
    const { access_token, refresh_token } = canaryTokens(7)
    const whole = new TextEncoder().encode(JSON.stringify({ access_token, refresh_token, expires_in: 600 }))
    for (let bytes = 0; bytes < whole.length; bytes++) {
      await expectNoSecret(() => new Response(whole.slice(0, bytes)))
      await expectNoSecret(() => {
        let isSent = false
        const pull = (controller: ReadableStreamDefaultController): void => {
          if (isSent) controller.error(new Error(new TextDecoder().decode(whole)))
          else controller.enqueue(whole.slice(0, bytes))
          isSent = true
        }
        return new Response(new ReadableStream({ pull }))
      })
    }
  })

  const idTokens: [string, object | string][] = [
    ['of somebody else', { sub: 'mallory' }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['for another client', { aud: 'other' }],
    ['that is old', { iat: 1, exp: 2 }],
    ['that lacks its claims', { iss: undefined, sub: undefined }],
    ['that is no JWT', `${canary}.${canary}.${canary}`],
    ['that is anything', canary],
  ]
  test.each(idTokens)('of an answer with an ID token %s', async (_which, idToken) => {
    const id_token = typeof idToken === 'string' ? idToken : canaryIdToken(idToken)
    await expectNoSecret(() => Response.json({ ...canaryTokens(7), id_token }))
  })
})
