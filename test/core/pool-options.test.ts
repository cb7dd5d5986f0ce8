import { describe, expect, test } from 'vitest'
import type { TokenPoolOptions } from '../../src/create-token-pool.js'
import {
  clientCredentials,
  clientSecretBasic,
  createTokenManager,
  createTokenPool,
  memoryStore,
} from '../../src/index.js'
import { createAuthorizationServer } from '../../src/testing/authorization-server.js'
import { metadata } from '../support/managed.js'

const options = { metadata, clientId: 'client' }

describe('the limits of a pool', () => {
  test('may be the share that one of many processes has of a small limit', () => {
    const pool = createTokenPool({ ...options, maxRenewalsPerSecond: 0.5 })
    expect(pool.metrics().pace).toBe(0.5)
    pool.dispose()
  })

  test('may each be as low as this', () => {
    createTokenPool({ ...options, idleSeconds: 0, maxConcurrentRenewals: 1, maxOpenSessions: 1 }).dispose()
  })

  test.each<[string, TokenPoolOptions]>([
    ['maxRenewalsPerSecond must be a number, more than 0', { ...options, maxRenewalsPerSecond: 0 }],
    ['maxRenewalsPerSecond must be a number, more than 0', { ...options, maxRenewalsPerSecond: Infinity }],
    ['maxConcurrentRenewals must be a number, 1 or more', { ...options, maxConcurrentRenewals: 0.5 }],
    ['maxOpenSessions must be a number, 1 or more', { ...options, maxOpenSessions: NaN }],
    ['idleSeconds must be a number, 0 or more', { ...options, idleSeconds: -1 }],
  ])('are refused where they make no sense: %s', (complaint, wrong) => {
    const refusal = expect.objectContaining({
      code: 'misconfigured',
      message: `createTokenPool(): ${complaint}`,
    }) as Error
    expect(() => createTokenPool(wrong)).toThrow(refusal)
  })
})

describe('the key of a session', () => {
  const refusal = expect.objectContaining({ code: 'misconfigured' }) as Error
  const nothing = [undefined, null, '', 42] as unknown as string[]

  test.each(nothing)('is not %o, which all users would share whom nobody knows yet', (key) => {
    const pool = createTokenPool(options)
    expect(() => pool.session(key)).toThrow(refusal)
    expect(() => pool.add([key])).toThrow(refusal)
    expect(pool.metrics().sessions).toBe(0)
    if (key !== undefined) expect(() => createTokenManager({ ...options, key })).toThrow(refusal)
    pool.dispose()
  })

  test('leads no user to the tokens of the service itself, whatever it is', async () => {
    const server = createAuthorizationServer({ clients: { client: { secret: 'secret' } } })
    const fetch = (input: RequestInfo | URL, init?: RequestInit) => server.handle(new Request(input, init))
    const shared = {
      metadata,
      clientId: 'client',
      clientAuth: clientSecretBasic('secret'),
      store: memoryStore(),
      fetch,
    }
    const resource = 'https://reports.example.com'
    const itself = createTokenManager({ ...shared, scope: 'reports', grant: clientCredentials({ resource }) })
    expect(await itself.getAccessToken()).toBeTruthy()
    const pool = createTokenPool(shared)
    for (const key of [`reports ${resource} default`, `reports ${encodeURIComponent(resource)} default`, 'default']) {
      await expect(pool.session(key).getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
    }
    itself.dispose()
    pool.dispose()
  })
})
