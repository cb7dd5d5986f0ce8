import { describe, expect, it } from 'vitest'
import { ask } from '../support/asking.js'
import { everythingIn } from '../support/everything.js'

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.dBjftJeZ4CVPmB92K27uhbUJU1p1rwW1gFWFOEjXk9'

async function errorFor(
  refreshToken: string,
  body: Record<string, unknown>,
  headers: HeadersInit = {},
): Promise<string> {
  const { error } = await ask(() => Response.json(body, { status: 400, headers }), { refreshToken })
  expect(error).toMatchObject({ name: 'EvergrantError' })
  return everythingIn(error)
}

describe('what a server says of a token', () => {
  it.each([
    ['an opaque token', 'ref-8f3k2LmQx9-opaque'],
    ['a token of letters', 'sesame'],
    ['a token of words', 'open sesame please'],
    ['a JWT', jwt],
    ['a token of base64', 'mF9+a/B5==f4/1JqM+zz=='],
    ['a token with signs', "M.C523_BAY.0.U.-CnX!9*q$kd$$'(~)"],
  ])('P-055 I10 never lets %s back into an error', async (_kind, token) => {
    for (const member of ['error', 'error_description', 'error_uri']) {
      const other = member === 'error' ? {} : { error: 'invalid_request' }
      expect(await errorFor(token, { ...other, [member]: token })).not.toContain(token)
      expect(await errorFor(token, { ...other, [member]: `we got ${token}, which is bad` })).not.toContain(token)
      expect(await errorFor(token, { ...other, [member]: `x${token}x` })).not.toContain(token)
    }
    const challenge = `Bearer error="${token.replaceAll(/["\\]/g, '')}"`
    expect(await errorFor(token, {}, { 'www-authenticate': challenge })).not.toContain(token)
  })

  it('P-055 takes out what looks like any token, also one that was not sent', async () => {
    const error_description = `replaced by ${jwt} for https://app.example/cb?token=${encodeURIComponent(jwt)}`
    const text = await errorFor('refresh-1', { error: 'invalid_request', error_description })
    for (const part of jwt.split('.')) expect(text).not.toContain(part)
    expect(text).toContain('replaced by [...].[...].[...] for https://app.example/cb?')
  })

  it('P-055 F11 quotes nothing of a body that cannot be parsed', async () => {
    const { error } = await ask(() => new Response(`{"access_token":"${jwt}`))
    expect(everythingIn(error)).not.toContain('eyJ')
    expect(error).not.toHaveProperty('cause')
  })

  it('P-055 keeps nothing of the request, the response or the error of the network', async () => {
    const failed = Object.assign(new TypeError('fetch failed for refresh-1'), {
      cause: { code: 'ECONNRESET', request: { body: 'refresh-1' } },
    })
    const { error } = await ask(() => Promise.reject(failed))
    expect(everythingIn(error)).not.toContain('refresh-1')
    expect(error).toMatchObject({ code: 'unavailable', message: 'no answer came from https://as.example: ECONNRESET' })
  })

  it('names the server that gave no answer, and what a page cannot know', async () => {
    const { error } = await ask(() => Promise.reject(new TypeError('Failed to fetch')))
    expect((error as Error).message).toMatch(/^no answer came from https:\/\/as\.example: .*\(CORS\)$/)
  })

  // Work that grows with the square of the length would take minutes.
  it('never takes long over a long description', async () => {
    const error_description = 'a'.repeat(5_000_000)
    const started = performance.now()
    const { error } = await ask(() => Response.json({ error: 'invalid_request', error_description }, { status: 400 }))
    expect(performance.now() - started).toBeLessThan(5000)
    expect(error).toMatchObject({ errorDescription: 'a'.repeat(300) })
  })

  it('never takes long over a long challenge', async () => {
    const challenge = `Bearer ${'error '.repeat(2000)}${'"a\\"'.repeat(2000)}`
    const started = performance.now()
    await errorFor('refresh-1', {}, { 'www-authenticate': challenge })
    expect(performance.now() - started).toBeLessThan(5000)
  })
})
