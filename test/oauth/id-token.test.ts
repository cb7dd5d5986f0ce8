import type { EvergrantError, Identity, TokenEvent } from 'evergrant'
import { describe, expect, it } from 'vitest'
import { idTokenCheck } from '../../src/oauth/id-token.js'
import { claims, idToken } from '../support/id-tokens.js'
import { answering, manage } from '../support/managed.js'

const { iss, sub, aud, iat, exp } = claims
const original: Identity = { iss, sub, aud: 'client', iat, auth_time: iat - 60, nonce: 'n-1' }
const now = (iat + 1800) * 1000
const renewedAt = { iat: iat + 1800, exp: exp + 1800 }

/** What becomes of a later ID token with these claims. */
function judge(changes: object, first: Identity = original): string {
  const verdict = idTokenCheck(iss, 'client')(idToken({ ...renewedAt, ...changes }), first, now)
  if (verdict.problem === undefined) return 'accepted'
  return verdict.someoneElse ? 'someone else' : 'refused'
}

describe('an ID token that comes with a renewal', () => {
  it('P-110 P-111 P-112 F-100 continues the first one when issuer, user and client are the same', () => {
    expect(judge({})).toBe('accepted')
  })

  it.each(['https://other.example', 'https://as.example/other', 'http://as.example', ''])(
    'P-110 P-119 is of another session when its issuer is %o',
    (other) => expect(judge({ iss: other })).toBe('someone else'),
  )

  it.each(['bob', 'Alice', 'alice ', ''])('P-111 P-119 is of another session when its user is %o', (other) => {
    expect(judge({ sub: other })).toBe('someone else')
  })

  it.each([['other'], [['other', 'third']], [[]]])('P-112 P-119 is of another session when it is for %o', (other) => {
    expect(judge({ aud: other })).toBe('someone else')
  })

  it('P-112 may name its one audience as a list, and no audience that the first one did not name', () => {
    expect(judge({ aud: ['client'] })).toBe('accepted')
    expect(judge({ aud: ['client', 'new'] })).toBe('refused')
    expect(judge({ aud: ['api', 'client'] }, { ...original, aud: ['client', 'api'] })).toBe('accepted')
  })

  it('P-112 names an authorized party only if the first one did, and the same', () => {
    expect(judge({ azp: 'client' })).toBe('refused')
    expect(judge({ azp: 'client' }, { ...original, azp: 'client' })).toBe('accepted')
    expect(judge({}, { ...original, azp: 'client' })).toBe('refused')
    expect(judge({ azp: 'other' }, { ...original, azp: 'other' })).toBe('refused')
  })

  it('P-113 tells the time of the first sign-in, if it tells any', () => {
    expect(judge({ auth_time: iat - 60 })).toBe('accepted')
    expect(judge({ auth_time: iat + 1800 })).toBe('refused')
    expect(judge({ auth_time: iat }, { ...original, auth_time: undefined })).toBe('accepted')
  })

  it('P-114 repeats the first nonce or has none', () => {
    expect(judge({ nonce: 'n-1' })).toBe('accepted')
    expect(judge({ nonce: 'n-2' })).toBe('refused')
    expect(judge({ nonce: 'n-1' }, { ...original, nonce: undefined })).toBe('refused')
  })

  it('P-115 was issued neither before the first one nor in the future, but for five minutes', () => {
    expect(judge({ iat: iat - 1 })).toBe('refused')
    expect(judge({ iat })).toBe('accepted')
    expect(judge({ iat: now / 1000 + 299 })).toBe('accepted')
    expect(judge({ iat: now / 1000 + 301 })).toBe('refused')
    expect(judge({ iat: now / 1000 + 86_400 })).toBe('refused')
  })

  it('P-116 has not expired, but for five minutes', () => {
    expect(judge({ exp: now / 1000 - 299 })).toBe('accepted')
    expect(judge({ exp: now / 1000 - 301 })).toBe('refused')
  })

  it.each([
    ['without an algorithm', idToken(renewedAt, {})],
    ['of the algorithm none', idToken(renewedAt, { alg: 'none' })],
    ['without a signature', idToken(renewedAt).replace(/[^.]*$/, '')],
    ['in two parts', idToken(renewedAt).replace(/\.[^.]*$/, '')],
    ['without claims', 'eyJhbGciOiJFUzI1NiJ9..c2ln'],
    ['of text', 'text'],
    ['of dots', '..'],
    ['of a list', `eyJhbGciOiJFUzI1NiJ9.${btoa('[]')}.c2ln`],
    ['of a number', `eyJhbGciOiJFUzI1NiJ9.${btoa('1')}.c2ln`],
    ['without a user', idToken({ ...renewedAt, sub: undefined })],
    ['with a number for a user', idToken({ ...renewedAt, sub: 1 })],
    ['without an audience', idToken({ ...renewedAt, aud: undefined })],
    ['with a text for a time', idToken({ ...renewedAt, iat: 'now' })],
    ['that never ends', idToken({ ...renewedAt, exp: undefined })],
    ['with a nonce that is none', idToken({ ...renewedAt, nonce: {} })],
    ['with an auth_time that is none', idToken({ ...renewedAt, auth_time: '12' })],
  ])('P-116 P-119 is refused %s, and nothing more', (_how, token) => {
    expect(idTokenCheck(iss, 'client')(token, original, now)).toMatchObject({ someoneElse: false })
  })

  it('reads claims in any script', () => {
    const check = idTokenCheck(iss, 'client')
    expect(check(idToken({ sub: '名前 é' }), undefined, now).identity?.sub).toBe('名前 é')
  })
})

describe('the first ID token of a session', () => {
  it('P-120 is remembered by what later ones must repeat', () => {
    const token = idToken({ azp: 'client', auth_time: iat - 60, nonce: 'n-1', email: 'a@b.example' })
    const identity = { iss, sub, aud, iat, azp: 'client', auth_time: iat - 60, nonce: 'n-1' }
    expect(idTokenCheck(iss, 'client')(token, undefined, now)).toEqual({ identity })
  })

  it('may have expired, for sessions are adopted too', () => {
    expect(idTokenCheck(iss, 'client')(idToken(), undefined, now + 86_400_000).problem).toBeUndefined()
  })

  it('is of the configured issuer, with or without the slash that people forget', () => {
    const slash = idToken({ iss: 'https://as.example/' })
    expect(idTokenCheck('https://as.example', 'client')(slash, undefined, now).problem).toBeUndefined()
    expect(idTokenCheck('https://as.example/', 'client')(idToken(), undefined, now).problem).toBeUndefined()
    expect(idTokenCheck('https://as.example/a', 'client')(idToken(), undefined, now)).toMatchObject({
      problem: 'its issuer is https://as.example',
      someoneElse: true,
    })
    expect(idTokenCheck(undefined, 'client')(slash, undefined, now).problem).toBeUndefined()
  })

  it('that does not fit makes setTokens refuse the response, and changes nothing', async () => {
    const { manager, record } = manage(answering({}))
    await manager.setTokens({ refresh_token: 'refresh-1' })
    const response = { refresh_token: 'refresh-2', id_token: idToken({ aud: 'other' }) }
    await expect(manager.setTokens(response)).rejects.toMatchObject({ code: 'misconfigured' })
    expect(await record()).toMatchObject({ refreshToken: 'refresh-1' })
  })
})

describe('a rotated refresh token', () => {
  const first = {
    access_token: 'access-1',
    refresh_token: 'refresh-1',
    expires_in: 3600,
    id_token: idToken({ nonce: 'n-1' }),
  }

  /** A session that was renewed with an answer that brings this ID token. */
  async function renewedWith(id_token: unknown) {
    const { manager, environment, record } = manage(
      answering({ access_token: 'access-2', refresh_token: 'refresh-2', expires_in: 3600, id_token }),
    )
    const events: TokenEvent[] = []
    for (const type of ['renewed', 'ended', 'error'] as const) manager.on(type, (event) => events.push(event))
    await manager.setTokens(first)
    await environment.pass(1_800_000)
    const outcome = await environment.passUntil(manager.renew().catch((error: EvergrantError) => error))
    return { outcome, events, manager, record }
  }

  const harmless: readonly [string, unknown][] = [
    ['absent', undefined],
    ['null', null],
    ['empty', ''],
    ['a number', 42],
  ]
  it.each(harmless)(
    'P-044 Q-NoIdT is installed, and the ID token kept, when the new one is %s',
    async (_how, token) => {
      const { outcome, events, record } = await renewedWith(token)
      expect(outcome).toMatchObject({ accessToken: 'access-2', idToken: first.id_token })
      expect(await record()).toMatchObject({ refreshToken: 'refresh-2', idToken: first.id_token })
      expect(events.map(({ type }) => type)).toEqual(['renewed'])
    },
  )

  const refused: readonly [string, unknown][] = [
    ['cannot be read', 'junk'],
    ['is not signed', idToken(renewedAt, { alg: 'none' })],
    ['has expired', idToken({ iat: iat + 1800, exp: iat + 1 })],
    ['is of tomorrow', idToken({ iat: iat + 86_400, exp: exp + 86_400 })],
    ['is older than the first', idToken({ iat: iat - 10 })],
    ['has another nonce', idToken({ ...renewedAt, nonce: 'n-2' })],
    ['has another azp', idToken({ ...renewedAt, azp: 'other' })],
    ['has a new audience', idToken({ ...renewedAt, aud: ['client', 'other'] })],
  ]
  it.each(refused)('P-045 P-119 is installed, and the old ID token kept, when the new one %s', async (_how, token) => {
    const { outcome, events, record } = await renewedWith(token)
    expect(outcome).toMatchObject({ accessToken: 'access-2', idToken: first.id_token })
    expect(await record()).toMatchObject({ state: 'live', refreshToken: 'refresh-2', idToken: first.id_token })
    expect(events.map((event) => (event.type === 'error' ? event.error.code : event.type)).sort()).toEqual([
      'denied',
      'renewed',
    ])
  })

  const foreign: readonly [string, string][] = [
    ['issuer', idToken({ ...renewedAt, iss: 'https://other.example' })],
    ['user', idToken({ ...renewedAt, sub: 'bob' })],
    ['client', idToken({ ...renewedAt, aud: 'other' })],
  ]
  it.each(foreign)('P-111 P-119 of another %s is not used: the session ends and says so', async (_whose, token) => {
    const { outcome, events, record } = await renewedWith(token)
    expect(outcome).toMatchObject({ code: 'login_required' })
    expect(await record()).toMatchObject({ state: 'ended', reason: 'someone_else' })
    expect(JSON.stringify(await record())).not.toMatch(/access-|refresh-/)
    expect(events).toContainEqual(expect.objectContaining({ type: 'ended', reason: 'someone_else' }))
  })

  it('P-044 P-120 brings the first ID token of a session that was adopted without one', async () => {
    const id_token = idToken(renewedAt)
    const { manager, environment } = manage(answering({ access_token: 'access-2', expires_in: 3600, id_token }))
    await manager.setTokens({ refresh_token: 'refresh-1' })
    const tokens = await environment.passUntil(manager.getTokens())
    expect(tokens).toMatchObject({ idToken: id_token, identity: { iss, sub, aud } })
  })

  it('P-115 P-116 judges the time by the clock of the server, so that a wrong clock here costs no ID token', async () => {
    const id_token = idToken(renewedAt)
    const date = new Date((iat + 1800) * 1000).toUTCString()
    const answer = Response.json({ access_token: 'access-2', expires_in: 3600, id_token }, { headers: { date } })
    const { manager, environment } = manage(answering(answer))
    await manager.setTokens(first)
    environment.wallOffset = -86_400_000
    await environment.pass(1_800_000)
    expect(await environment.passUntil(manager.renew())).toMatchObject({ idToken: id_token })
  })
})
