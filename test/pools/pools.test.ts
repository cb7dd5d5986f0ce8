import { beforeEach, describe, expect, test } from 'vitest'
import { requireRedis } from '../support/redis-server.js'
import { runPools, type PoolsOptions } from './pools.js'
import { findFaults } from './verdict.js'

/** Short runs say nothing of the mean: only of the number of renewals, and of the budget. */
const goals = { peakToMean: Infinity, peakToMeanAfterOutage: Infinity }
const few: PoolsOptions = {
  sessions: 400,
  processes: 4,
  maxRenewalsPerSecond: 25,
  leadSeconds: 5,
  withinSeconds: 2,
}

/** Short runs of what `npm run campaign:pool` does with ten thousand sessions. */
describe('four processes whose pools share a Redis', () => {
  beforeEach(requireRedis)

  test('renew each session once, at no more than the pace that was set', async () => {
    const result = await runPools(few)
    expect(findFaults(result, goals)).toEqual([])
    expect(result.sent.peak).toBeLessThanOrEqual(4 * 25 * 1.5)
  }, 120_000)

  test.each(['503', 'refused'] as const)(
    'lose nothing by an outage (%s), and ask little meanwhile',
    async (kind) => {
      const result = await runPools({ ...few, outage: { kind, seconds: 5 } })
      expect(findFaults(result, goals)).toEqual([])
      expect(result.outage?.requests).toBeGreaterThan(0)
    },
    120_000,
  )
})
