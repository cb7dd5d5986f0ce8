import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { clientSecretBasic, createTokenManager, fileStore, type TokenManager, type Tokens } from 'evergrant/node'
import {
  startAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerOptions,
} from '../../examples/demo/authorization-server.js'
import { signIn } from '../../examples/demo/sign-in.js'

const redirectUri = 'http://127.0.0.1/callback'
const secret = `a:b/c+d e%f&g=h"i'j~k?l#m@n`
const clients = {
  public: { clientAuth: undefined, registered: { token_endpoint_auth_method: 'none' } },
  web: {
    clientAuth: clientSecretBasic(secret),
    registered: { client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' },
  },
} as const
type ClientId = keyof typeof clients

let server: AuthorizationServer
let folder: string
const managers: TokenManager[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-oidc-provider-'))
})

afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(managers.splice(0).map((manager) => manager[Symbol.asyncDispose]()))
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Starts a provider that rotates strictly and can revoke. */
async function start(options: Partial<AuthorizationServerOptions> = {}): Promise<void> {
  server = await startAuthorizationServer({
    clients: Object.entries(clients).map(([client_id, { registered }]) => ({
      ...registered,
      client_id,
      redirect_uris: [redirectUri],
    })),
    graceSeconds: 0,
    configuration: {
      features: { devInteractions: { enabled: false }, revocation: { enabled: true, allowedPolicy: () => true } },
    },
    ...options,
  })
}

/** A manager as a service that has just started makes it. All of them share one file. */
function startManager(clientId: ClientId, options: { fetch?: typeof fetch; secret?: string } = {}): TokenManager {
  const { clientAuth } = clients[clientId]
  const manager = createTokenManager({
    issuer: server.issuer,
    clientId,
    clientAuth: options.secret === undefined ? clientAuth : clientSecretBasic(options.secret),
    store: fileStore(join(folder, 'session.json')),
    autoRenew: false,
    fetch: options.fetch,
  })
  managers.push(manager)
  return manager
}

/** Signs alice in to a manager. */
async function signInTo(manager: TokenManager, clientId: ClientId): Promise<void> {
  const { clientAuth: auth } = clients[clientId]
  await manager.setTokens(await signIn({ issuer: server.issuer, clientId, redirectUri, ...(auth && { auth }) }))
}

/** Lets the access tokens of the provider expire, by everybody's clock, and gets a new one. */
function renew(manager: TokenManager): Promise<Tokens> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 20_000 })
  return manager.getTokens()
}

/** The refresh token in the file. */
async function storedRefreshToken(clientId: ClientId): Promise<string | undefined> {
  const stored = await fileStore(join(folder, 'session.json')).read(`evergrant ${server.issuer} ${clientId} default`)
  return stored?.record.state === 'live' ? stored.record.refreshToken : undefined
}

/** Ends the grant behind a refresh token, as an administrator or the user would. */
async function revoke(token: string, clientId: ClientId): Promise<void> {
  const body = new URLSearchParams({ token, client_id: clientId })
  const { ok } = await fetch(`${server.issuer}/token/revocation`, { method: 'POST', body })
  expect(ok).toBe(true)
}

function outcomes(): string[] {
  return server.tokenRequests
    .filter(({ grantType }) => grantType === 'refresh_token')
    .map(({ outcome, error }) => error ?? outcome)
}

describe.each(['public', 'web'] as const)('a %s client of oidc-provider', (clientId) => {
  test('renews again and again for the same user, each time with a new refresh token', async () => {
    await start()
    const manager = startManager(clientId)
    await signInTo(manager, clientId)
    const first = await manager.getTokens()
    const refreshTokens = [await storedRefreshToken(clientId)]
    const idTokens = [first.idToken]
    const accessTokens = [first.accessToken]
    for (let renewal = 0; renewal < 4; renewal++) {
      const { accessToken, idToken, identity } = await renew(manager)
      expect(identity).toEqual(first.identity)
      expect(await server.inspect(accessToken)).toMatchObject({ clientId })
      refreshTokens.push(await storedRefreshToken(clientId))
      idTokens.push(idToken)
      accessTokens.push(accessToken)
    }
    expect(first.identity).toMatchObject({ iss: server.issuer, sub: 'alice', aud: clientId })
    expect(outcomes()).toEqual(Array(4).fill('issued'))
    for (const tokens of [refreshTokens, idTokens, accessTokens]) expect(new Set(tokens).size).toBe(5)
  })

  test('proves who it is in the one way it is registered for', async () => {
    await start()
    const seen: { authorization: string | null; body: URLSearchParams }[] = []
    const watching: typeof fetch = (input, init) => {
      const { body, headers } = init ?? {}
      if (body)
        seen.push({ authorization: new Headers(headers).get('authorization'), body: new URLSearchParams(String(body)) })
      return fetch(input, init)
    }
    const manager = startManager(clientId, { fetch: watching })
    await signInTo(manager, clientId)
    await renew(manager)
    const isPublic = clientId === 'public'
    expect(seen.map(({ authorization, body }) => [authorization?.split(' ')[0], body.get('client_id')])).toEqual([
      isPublic ? [undefined, 'public'] : ['Basic', null],
    ])
  })

  test('goes on after a restart with what the file holds', async () => {
    await start()
    const before = startManager(clientId)
    await signInTo(before, clientId)
    const { accessToken, identity } = await renew(before)
    await before[Symbol.asyncDispose]()
    const after = startManager(clientId)
    expect(await after.getAccessToken()).toBe(accessToken)
    expect(outcomes()).toEqual(['issued'])
    expect((await renew(after)).identity).toEqual(identity)
    expect(outcomes()).toEqual(['issued', 'issued'])
  })
})

describe('a session at oidc-provider', () => {
  test('that was revoked ends with the next renewal, for all holders', async () => {
    await start()
    const [manager, other] = [startManager('public'), startManager('public')]
    await signInTo(manager, 'public')
    await other.getAccessToken()
    await revoke(String(await storedRefreshToken('public')), 'public')
    await expect(renew(manager)).rejects.toMatchObject({ code: 'login_required' })
    expect(manager.getSnapshot()).toMatchObject({ status: 'ended', reason: 'expired_or_revoked' })
    for (const holder of [other, startManager('public')]) {
      await expect(renew(holder)).rejects.toMatchObject({ code: 'login_required' })
    }
    expect(outcomes()).toEqual(['invalid_grant: refresh token not found'])
  })

  test('is kept when the secret of the client is wrong, and goes on with the right one', async () => {
    await start()
    const wrong = startManager('web', { secret: 'guess' })
    await signInTo(wrong, 'web')
    const refreshToken = await storedRefreshToken('web')
    await expect(renew(wrong)).rejects.toMatchObject({ code: 'misconfigured', error: 'invalid_client', status: 401 })
    expect(await storedRefreshToken('web')).toBe(refreshToken)
    await renew(startManager('web'))
    expect(outcomes()).toEqual([expect.stringMatching(/^invalid_client/), 'issued'])
  })
})

describe('four managers with one file and a provider that rotates strictly', () => {
  const accessTokenSeconds = 2
  /** The provider counts in whole seconds, and ends a token up to a second before its `expires_in` is over. */
  const roundingMs = 1000
  /** A token is due when a quarter of its life is left, or a little earlier to spread the load: see `countLifetime`. */
  const soonestMs = accessTokenSeconds * 1000 * (1 - 0.25 * 1.2)
  /** How much longer one request may be on its way than the next. */
  const arrivalToleranceMs = 500
  const lifetimes = 4
  const pollMs = 20
  const longestMs = 15_000

  test('make one request per lifetime, and none of their calls fails', async () => {
    await start({ accessTokenSeconds })
    const four = Array.from({ length: 4 }, () => startManager('public'))
    await signInTo(four[0] as TokenManager, 'public')
    const giveUpAt = Date.now() + longestMs
    const served = new Map<string, number>()
    const keepAsking = async (manager: TokenManager): Promise<void> => {
      while (outcomes().length < lifetimes && Date.now() < giveUpAt) {
        const calledAt = Date.now()
        served.set(await manager.getAccessToken(), calledAt)
        await new Promise((resolve) => setTimeout(resolve, pollMs))
      }
    }
    await Promise.all(four.map(keepAsking))
    expect(outcomes()).toEqual(Array(lifetimes).fill('issued'))
    for (const [token, calledAt] of served) {
      expect(Number((await server.inspect(token))?.expiresAt) + roundingMs).toBeGreaterThan(calledAt)
    }
    const [first, last] = [server.tokenRequests.at(-lifetimes), server.tokenRequests.at(-1)]
    expect(Number(last?.at) - Number(first?.at)).toBeGreaterThan((lifetimes - 1) * soonestMs - arrivalToleranceMs)
    expect(served.size).toBeGreaterThanOrEqual(lifetimes)
  })
})
