import { beforeEach, describe, expect, test } from 'vitest'
import { requireRedis } from '../support/redis-server.js'
import { runPools, type PoolsOptions } from './pools.js'
import { findFaults } from './verdict.js'

/** Short runs say nothing of the mean: only of the number of renewals, and of the budget. */
const goals = { peakToMean: Infinity, peakToMeanAfterOutage: Infinity }
const few: PoolsOptions = {
  sessions: 200,
  processes: 4,
  maxRenewalsPerSecond: 25,
  leadSeconds: 3,
  withinSeconds: 1,
}

/** Short runs of what `npm run campaign:pool` does with ten thousand sessions. */
describe('four processes whose pools share a Redis', () => {
  beforeEach(requireRedis)

  test('renew each session once, at no more than the pace that was set', async () => {
    const result = await runPools({ ...few, maxRenewalsPerSecond: 3 })
    expect(findFaults(result, goals)).toEqual([])
    expect(result.sent.peak).toBeLessThanOrEqual(4 * 3 * 1.5)
  }, 120_000)

  test('lose nothing while nobody listens at the server, and ask little meanwhile', async () => {
    const result = await runPools({ ...few, outage: { kind: 'refused', seconds: 4 } })
    expect(findFaults(result, goals)).toEqual([])
    expect(result.outage?.requests).toBeGreaterThan(0)
  }, 120_000)
})
