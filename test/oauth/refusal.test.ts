import type { EvergrantError } from 'evergrant'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/asking.js'

/** The moment at which the tests' clock stands still. */
const now = Date.UTC(2026, 0, 1)

async function refused(status: number, body: unknown, headers: HeadersInit = {}): Promise<EvergrantError> {
  const isBodyless = status === 304 || body === null
  const text = isBodyless ? null : typeof body === 'string' ? body : JSON.stringify(body)
  const { error } = await ask(() => new Response(text, { status, headers }))
  if (error === undefined) throw new Error('expected a refusal')
  return error as EvergrantError
}

describe('an answer without tokens', () => {
  it.each([400, 401, 403, 404, 422])(
    'P-071 reads invalid_grant with status %i as the end of the token',
    async (status) => {
      expect(await refused(status, { error: 'invalid_grant' })).toMatchObject({
        code: 'login_required',
        error: 'invalid_grant',
      })
    },
  )

  it.each([
    ['invalid_client', 'misconfigured'],
    ['unauthorized_client', 'misconfigured'],
    ['unsupported_grant_type', 'misconfigured'],
    ['invalid_request', 'misconfigured'],
    ['invalid_scope', 'misconfigured'],
    ['invalid_target', 'misconfigured'],
    ['invalid_dpop_proof', 'misconfigured'],
    ['refresh_token_validation_failure', 'misconfigured'],
    ['access_denied', 'denied'],
    ['temporarily_unavailable', 'unavailable'],
    ['server_error', 'unavailable'],
    ['interaction_required', 'login_required'],
    ['login_required', 'login_required'],
    ['consent_required', 'login_required'],
    ['account_selection_required', 'login_required'],
    ['mfa_required', 'login_required'],
  ])('P-071 P-158 reads the error %s as %s, whichever of 400, 401 and 403 it comes with', async (error, code) => {
    for (const status of [400, 401, 403])
      expect(await refused(status, { error })).toMatchObject({ code, error, status })
  })

  it('P-072 takes a 429 for what it is, even when it says invalid_grant', async () => {
    const body = { error: 'invalid_grant', error_description: 'API call exceeded rate limit due to too many requests.' }
    expect(await refused(429, body)).toMatchObject({ code: 'unavailable', status: 429 })
  })

  it.each([408, 425, 500, 502, 503, 504, 511, 599])(
    'reads status %i as a failure of now, whatever its body says',
    async (status) => {
      expect(await refused(status, { error: 'invalid_grant' })).toMatchObject({ code: 'unavailable' })
      expect(await refused(status, '<h1>sorry</h1>')).toMatchObject({ code: 'unavailable', error: undefined })
    },
  )

  it.each([300, 302, 303, 304, 307, 308])('never believes a redirect: status %i', async (status) => {
    expect(await refused(status, { error: 'invalid_grant' })).toMatchObject({ code: 'unavailable' })
  })

  it('never believes a redirect: one that a browser does not show', async () => {
    const { error } = await ask(() => Response.error())
    expect(error).toMatchObject({ code: 'unavailable', status: 0 })
  })

  it('F49 takes a page where an answer should be for trouble on the way', async () => {
    expect(await refused(200, '<html>Welcome to our hotel</html>')).toMatchObject({ code: 'unavailable' })
    for (const body of ['', null, 'null', '"text"', '42', '[]', '{}']) {
      expect(await refused(200, body)).toMatchObject({ code: 'unavailable' })
    }
  })

  it('Q-GitHub Q-Slack reads an error that comes with status 200', async () => {
    expect(await refused(200, { error: 'invalid_grant' })).toMatchObject({
      code: 'login_required',
      error: 'invalid_grant',
    })
    expect(await refused(200, { ok: false, error: 'invalid_refresh_token' })).toMatchObject({ code: 'misconfigured' })
    expect(await refused(200, { error: 'access_denied', access_token: '' })).toMatchObject({ code: 'denied' })
  })

  it('Q-HubSpot takes a refusal without an OAuth error for a matter of the setup', async () => {
    expect(await refused(400, { status: 'BAD_REFRESH_TOKEN' })).toMatchObject({
      code: 'misconfigured',
      error: undefined,
    })
    expect(await refused(403, '<h1>Blocked</h1>')).toMatchObject({ code: 'misconfigured' })
    expect(await refused(400, '')).toMatchObject({ code: 'misconfigured' })
  })

  it.each([[{ code: 'invalid_grant' }], [['invalid_grant']], [null], [42], ['']])(
    'is not led astray by %o in the place of the error',
    async (error) => {
      expect(await refused(400, { error })).toMatchObject({ code: 'misconfigured', error: undefined })
    },
  )

  it.each(['constructor', '__proto__', 'toString', 'Invalid_Grant', ' invalid_grant', 'invalid_grant '])(
    'knows no error called %o',
    async (error) => {
      expect(await refused(400, JSON.stringify({ error }))).toMatchObject({ code: 'misconfigured' })
    },
  )

  it.each(['{"error":"invalid_grant"', '["error","invalid_grant"]', 'error=invalid_grant', '"invalid_grant"'])(
    'finds no error in the body %s',
    async (body) => {
      expect(await refused(400, body)).toMatchObject({ code: 'misconfigured' })
    },
  )

  it('P-070 Q-GitLab finds the error in the body although there is a challenge', async () => {
    const headers = { 'www-authenticate': 'Bearer realm="Doorkeeper", error="invalid_token"' }
    expect(await refused(400, { error: 'invalid_grant' }, headers)).toMatchObject({ error: 'invalid_grant' })
  })

  it.each([
    'Bearer realm="Doorkeeper", error="invalid_grant", error_description="The grant is invalid"',
    'bearer ERROR="invalid_grant"',
    'Bearer error=invalid_grant',
    'Bearer realm="a \\"quoted\\" realm",error = "invalid_grant"',
    'Basic realm="as", Bearer error="invalid_grant"',
    'Negotiate abc==, Bearer error="invalid_grant"',
  ])('P-070 P-137 finds the error in the challenge %s when the body has none', async (challenge) => {
    for (const body of ['', '<h1>401</h1>', '{}']) {
      const error = await refused(401, body, { 'www-authenticate': challenge })
      expect(error).toMatchObject({ code: 'login_required', error: 'invalid_grant' })
    }
  })

  it.each([
    'Basic realm="there was an error=invalid_grant today"',
    'Bearer error_description="upstream said error=invalid_grant", error="server_error"',
    'Bearer realm="unclosed error=invalid_grant',
    'Bearer x-error="invalid_grant"',
    'Bearer error="invalid_grant of another kind"',
    'Bearer error="", error_description="invalid_grant"',
    'Bearer error_uri="https://as.example/?error=invalid_grant"',
    'invalid_grant',
  ])('P-070 P-073 is not led astray by what a challenge quotes: %s', async (challenge) => {
    const { code } = await refused(401, '', { 'www-authenticate': challenge })
    expect(code).not.toBe('login_required')
  })

  it('P-073 never decides by a description', async () => {
    const descriptions = ['invalid_grant', 'The refresh token is invalid or expired.', 'Token has been revoked']
    for (const error_description of descriptions) {
      expect(await refused(400, { error: 'invalid_request', error_description })).toMatchObject({
        code: 'misconfigured',
      })
      expect(await refused(400, { error_description })).toMatchObject({ code: 'misconfigured' })
    }
  })

  it('P-081 tells the status, the error, its description and where to read on', async () => {
    const error_uri = 'https://www.rfc-editor.org/rfc/rfc6749#section-5.2'
    const error_description = 'AADSTS700082: The refresh token has expired on 2026-08-01T00:00:00Z, after 90 days.'
    const error = await refused(400, { error: 'invalid_grant', error_description, error_uri })
    expect(error).toMatchObject({ status: 400, error: 'invalid_grant', errorUri: error_uri })
    expect(error.errorDescription).toBe(error_description)
    expect(error.message).toBe('the server answered with status 400, invalid_grant')
    expect(error.loginRequired).toBe(true)
  })
})

describe('when to ask again', () => {
  const date = (ms: number) => new Date(ms).toUTCString()

  it.each([429, 503, 500])('P-074 honours Retry-After in seconds with status %i', async (status) => {
    expect((await refused(status, '', { 'retry-after': '17' })).retryAt).toBe(now + 17_000)
  })

  it('P-074 honours Retry-After as a date, by the clock of the server', async () => {
    const headers = { 'retry-after': date(now + 3_630_000), date: date(now + 3_600_000) }
    expect((await refused(503, '', headers)).retryAt).toBe(now + 30_000)
    expect((await refused(503, '', { 'retry-after': date(now + 30_000) })).retryAt).toBe(now + 30_000)
  })

  it('P-074 P-096 honours X-Rate-Limit-Reset against the Date header', async () => {
    const headers = { 'x-rate-limit-reset': String((now - 600_000) / 1000 + 42), date: date(now - 600_000) }
    expect((await refused(429, '', headers)).retryAt).toBe(now + 42_000)
    expect((await refused(429, '', { 'x-rate-limit-reset': String(now / 1000 + 5) })).retryAt).toBe(now + 5000)
  })

  it('P-079 does not let a rate window that is not used up delay a retry: Okta sends it with every answer', async () => {
    const headers = { 'x-rate-limit-reset': String(now / 1000 + 55), 'x-rate-limit-remaining': '599' }
    for (const status of [500, 502, 503, 400]) expect((await refused(status, '', headers)).retryAt).toBeUndefined()
  })

  it('P-074 prefers Retry-After to the rate window', async () => {
    const headers = { 'retry-after': '3', 'x-rate-limit-reset': String(now / 1000 + 55) }
    expect((await refused(429, '', headers)).retryAt).toBe(now + 3000)
  })

  it.each(['', '-5', 'soon', '1e999', 'NaN', date(now - 1000), '0'])(
    'P-074 makes nothing of Retry-After: %o',
    async (value) => {
      expect((await refused(503, '', { 'retry-after': value })).retryAt).toBeUndefined()
    },
  )

  it.each(['', '0', 'never', '-1', '1e999', String(now / 1000 - 1)])(
    'P-074 makes nothing of X-Rate-Limit-Reset: %o',
    async (value) => {
      expect((await refused(429, '', { 'x-rate-limit-reset': value })).retryAt).toBeUndefined()
    },
  )
})
