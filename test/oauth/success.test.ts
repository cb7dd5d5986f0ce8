import { encodeRecord, type EvergrantError, type LiveRecord, type TokenResponse } from 'evergrant'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/asking.js'
import { answering, manage, type Managed } from '../support/managed.js'

const first = { access_token: 'access-1', refresh_token: 'refresh-1', token_type: 'Bearer', expires_in: 3600 }

/** A session of the token response `start`, renewed once with the answer `next`. */
async function renewed(next: unknown, start: TokenResponse = first): Promise<Managed & { live: LiveRecord }> {
  const managed = manage(answering(next))
  await managed.manager.setTokens(start)
  const { environment, manager } = managed
  await environment.pass(60_000)
  await environment.passUntil(manager.renew())
  const live = await managed.record()
  if (live?.state !== 'live') throw new Error(`the session is ${live?.state ?? 'gone'}`)
  expect(live.generation).toBe(1)
  return { ...managed, live }
}

describe('an answer with tokens', () => {
  it('P-030 P-038 F-008 F-095 F-096 F-097 F-099 puts the new tokens in the place of the old ones', async () => {
    const next = { token_type: 'Bearer', expires_in: 600, access_token: 'access-2', refresh_token: 'refresh-2' }
    const { live, manager } = await renewed({ ...next, scope: 'openid' })
    expect(live.refreshToken).toBe('refresh-2')
    expect(await manager.getTokens()).toMatchObject({ accessToken: 'access-2', tokenType: 'Bearer', scope: 'openid' })
    expect(encodeRecord(live)).not.toMatch(/refresh-1|access-1/)
  })

  it.each([undefined, null, '', 42, ['refresh-2'], { token: 'refresh-2' }, false])(
    'P-039 Q-Google keeps the refresh token when the answer has %o in its place',
    async (refresh_token) => {
      const { live } = await renewed({ access_token: 'access-2', token_type: 'Bearer', refresh_token })
      expect(live.refreshToken).toBe('refresh-1')
    },
  )

  it.each([
    ['refresh-2', 'rotated'],
    ['refresh-1', 'same'],
    [undefined, 'omitted'],
  ])('F-010 P-040 F-006 F-016 T-5 sees %s as %s, and renews again with what holds now', async (refresh_token, seen) => {
    const sent: (string | null)[] = []
    const answer = { access_token: 'access-2', token_type: 'Bearer', refresh_token }
    const { manager, environment } = manage((_url, init) => {
      sent.push(new URLSearchParams(String(init?.body)).get('refresh_token'))
      return Promise.resolve(Response.json(answer))
    })
    await manager.setTokens(first)
    for (let count = 0; count < 2; count++) {
      await environment.pass(60_000)
      await environment.passUntil(manager.renew())
    }
    expect(manager.diagnose().server.refreshToken).toBe(seen === 'rotated' ? 'same' : seen)
    expect(sent).toEqual(['refresh-1', refresh_token ?? 'refresh-1'])
  })

  it.each([
    [3600, 3600],
    ['3600', 3600],
    [' 3600 ', 3600],
    [1, 1],
    [1.5, 1.5],
    [315_360_000, 315_360_000],
  ])('P-033 R12 understands the lifetime %o', async (expires_in, seconds) => {
    const { live } = await renewed({ access_token: 'access-2', token_type: 'Bearer', expires_in })
    expect(live.accessTokens['']?.lifetimeMs).toBe(seconds * 1000)
  })

  it.each([
    undefined,
    null,
    '',
    ' ',
    '3600s',
    'NaN',
    'soon',
    -1,
    0,
    -0,
    0.5,
    1e308,
    '1e999',
    315_360_001,
    true,
    [],
    {},
  ])(
    'P-033 P-035 F41 Q-Salesforce takes the lifetime %o for unknown, and loses no token for it',
    async (expires_in) => {
      const { live, manager, environment } = await renewed(
        JSON.parse(JSON.stringify({ access_token: 'access-2', refresh_token: 'refresh-2', expires_in })) as object,
      )
      expect(live.refreshToken).toBe('refresh-2')
      expect(live.accessTokens['']?.lifetimeMs).toBeUndefined()
      expect(await manager.getTokens()).toMatchObject({ accessToken: 'access-2', expiresAt: undefined })
      await environment.pass(3_000_000)
      expect(await manager.getAccessToken()).toBe('access-2')
    },
  )

  it('P-077 counts a new lifetime when the server gives the same access token again', async () => {
    let requests = 0
    const { manager, environment } = manage(
      () => {
        // A storm would go on for ever.
        if (++requests > 20) return Promise.reject(new TypeError('fetch failed'))
        return Promise.resolve(Response.json({ access_token: 'access-1', token_type: 'Bearer', expires_in: 3600 }))
      },
      { autoRenew: true },
    )
    await manager.setTokens(first)
    await environment.pass(10 * 3_600_000)
    expect(requests).toBe(10)
    manager.dispose()
  })

  it('P-034 counts the lifetime from when the request was sent', async () => {
    const { manager, environment } = manage(async () => {
      await new Promise<void>((resolve) => environment.setTimer(resolve, 8000))
      return Response.json({ access_token: 'access-2', token_type: 'Bearer', expires_in: 600 })
    })
    await manager.setTokens({ refresh_token: 'refresh-1' })
    const sentAt = environment.now()
    const { expiresAt } = await environment.passUntil(manager.getTokens())
    expect(environment.now()).toBeGreaterThanOrEqual(sentAt + 8000)
    expect(expiresAt).toBeLessThan(sentAt + 600_100)
  })

  it('P-036 F-001 T-9 never looks into an access token', async () => {
    const past = Buffer.from(JSON.stringify({ exp: 1 })).toString('base64url')
    const { manager } = await renewed({ access_token: `eyJhbGciOiJub25lIn0.${past}.`, expires_in: 600 })
    expect(await manager.getAccessToken()).toContain(past)
  })

  it.each([
    ['bearer', 'Bearer'],
    ['BEARER', 'Bearer'],
    ['dpop', 'DPoP'],
    [undefined, 'Bearer'],
    [null, 'Bearer'],
    ['', 'Bearer'],
  ])('P-031 understands the token type %o', async (token_type, tokenType) => {
    const { manager } = await renewed({ access_token: 'access-2', token_type })
    expect(await manager.getTokens()).toMatchObject({ accessToken: 'access-2', tokenType })
  })

  it.each(['mac', 'Zoho-oauthtoken', 'user', 'N_A', 'constructor', '__proto__'])(
    'P-031 P-045 hands out no access token of the type %s, but keeps the refresh token that came with it',
    async (token_type) => {
      const { manager, environment, record } = manage(
        answering({ access_token: 'access-2', refresh_token: 'refresh-2', token_type }),
      )
      await manager.setTokens({ refresh_token: 'refresh-1' })
      const failed = environment.passUntil(manager.getAccessToken().catch((error: EvergrantError) => error))
      await expect(failed).resolves.toMatchObject({ code: 'unavailable' })
      expect(await record()).toMatchObject({ state: 'live', refreshToken: 'refresh-2', accessTokens: {} })
    },
  )

  it('F-020 P-032 Q-Salesforce F-101 keeps the members it does not know, acting on none', async () => {
    const extra = {
      instance_url: 'https://na1.example',
      refresh_expires_in: 0,
      device_secret: 'd',
      nested: { a: [1, null] },
    }
    const { manager } = await renewed({ ...first, ...extra })
    expect((await manager.getTokens()).extra).toEqual(extra)
  })

  it('F68 lets members named like parts of every object do no harm', async () => {
    const answer = '{"access_token":"access-2","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
    const { manager, live } = await renewed(new Response(answer))
    expect({}).not.toHaveProperty('polluted')
    expect(Object.getPrototypeOf(live)).toBe(Object.prototype)
    expect(Object.keys((await manager.getTokens()).extra ?? {})).toEqual(['__proto__', 'constructor'])
  })

  it.each([undefined, null, '', ['openid'], 42])(
    'P-037 keeps the scope when the answer has %o in its place',
    async (scope) => {
      const { live, manager } = await renewed(
        { access_token: 'access-2', scope },
        { ...first, scope: 'openid offline_access' },
      )
      expect(live.scope).toBe('openid offline_access')
      expect((await manager.getTokens()).scope).toBe('openid offline_access')
    },
  )

  it('P-037 P-041 announces a narrower scope and remembers the scope of the grant', async () => {
    const managed = manage(answering({ access_token: 'access-2', scope: 'openid' }))
    const { manager, environment, record } = managed
    const scopes: (string | undefined)[] = []
    manager.on('renewed', ({ scope }) => scopes.push(scope))
    await manager.setTokens({ ...first, scope: 'openid profile offline_access' })
    await environment.pass(60_000)
    expect(await environment.passUntil(manager.renew())).toMatchObject({ scope: 'openid' })
    expect(scopes).toEqual(['openid'])
    expect(await record()).toMatchObject({ scope: 'openid profile offline_access' })
  })

  it('P-037 P-041 knows of the narrower scope that a renewal asked for when the server says nothing', async () => {
    const options = { additionalParameters: { scope: 'openid' }, scope: 'openid profile' }
    const { manager, environment, record } = manage(answering({ access_token: 'access-2' }), options)
    await manager.setTokens(first)
    await environment.pass(60_000)
    expect(await environment.passUntil(manager.renew())).toMatchObject({ scope: 'openid' })
    expect(await record()).toMatchObject({ scope: 'openid profile' })
  })

  it('P-037 F-098 takes the scope that was asked for as granted when the server says nothing', async () => {
    const { manager, record } = manage(answering({}), { scope: 'openid offline_access' })
    await manager.setTokens(first)
    expect(await record()).toMatchObject({ scope: 'openid offline_access' })
  })

  it('P-043 assumes nothing on the length of a token, and reads answers of 5 MB', async () => {
    const long = 'x'.repeat(5_000_000)
    const { live, manager } = await renewed({ access_token: long, refresh_token: `${long}r`, token_type: 'Bearer' })
    expect(live.refreshToken).toHaveLength(5_000_001)
    expect(await manager.getAccessToken()).toBe(long)
    const other = await renewed({ ...first, junk: long })
    expect((await other.manager.getTokens()).extra).toEqual({ junk: long })
  })

  it.each([200, 201, 203])('P-030 takes tokens for success with status %i', async (status) => {
    const { granted } = await ask(() => Response.json({ access_token: 'access-2', error: 'none' }, { status }))
    expect(granted?.response).toEqual({ access_token: 'access-2', error: 'none' })
  })

  it.each([400, 401, 429, 500, 503])('P-030 takes tokens for no success with status %i', async (status) => {
    const { error } = await ask(() => Response.json({ access_token: 'access-2' }, { status }))
    expect(error).toMatchObject({ name: 'EvergrantError', status })
  })

  it('P-045 secures a refresh token that comes without an access token', async () => {
    const { manager, environment, record } = manage(answering({ refresh_token: 'refresh-2' }))
    await manager.setTokens({ refresh_token: 'refresh-1' })
    await environment.passUntil(manager.getAccessToken().catch(() => undefined))
    expect(await record()).toMatchObject({ state: 'live', refreshToken: 'refresh-2' })
  })

  it('P-096 tells the time of the server from the Date header, and nothing from one that is none', async () => {
    const dated = (date: string) => ask(() => Response.json(first, { headers: { date } }))
    expect((await dated('Thu, 01 Jan 2026 00:00:00 GMT')).granted?.serverTime).toBe(Date.UTC(2026, 0, 1))
    expect((await dated('now')).granted).toEqual({ response: first, serverTime: undefined })
  })
})
