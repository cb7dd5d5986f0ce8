import { describe, expect, test } from 'vitest'
import type { TokenPoolOptions } from '../../src/create-token-pool.js'
import { createTokenPool } from '../../src/index.js'
import { metadata } from '../support/managed.js'

const options = { metadata, clientId: 'client' }

describe('the limits of a pool', () => {
  test('may be the share that one of many processes has of a small limit', () => {
    const pool = createTokenPool({ ...options, maxRenewalsPerSecond: 0.5 })
    expect(pool.metrics().pace).toBe(0.5)
    pool.dispose()
  })

  test('may let go of a session as soon as it is not used any more', () => {
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
