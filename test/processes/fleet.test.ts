import { describe, expect, test } from 'vitest'
import { requireRedis } from '../support/redis-server.js'
import { runFleet } from './fleet.js'
import { findFaults } from './verdict.js'

const longestMs = 60_000

/** Short runs of what `npm run campaign:processes` does for as long as one likes. */
describe.each(['file', 'redis', 'postgres'] as const)('eight processes that share one session in %s', (store) => {
  test(
    'P-061 make exactly one request per expiry of a server that rotates strictly',
    async (context) => {
      if (store === 'redis') requireRedis(context)
      const expiries = 10
      const result = await runFleet({ store, processes: 8, expiries, seed: 1, rotation: 'strict', longestMs })
      expect(findFaults(result, { expiries, isTroubled: false, isStrict: true })).toEqual([])
    },
    2 * longestMs,
  )

  test(
    'lose nothing while they are killed and stopped and the store is disturbed, and the server has a grace period',
    async (context) => {
      if (store === 'redis') requireRedis(context)
      const expiries = 10
      const rotation = { graceSeconds: 30 }
      const trouble = { killEveryMs: 500, stopEveryMs: 1500, longestStopMs: 8000, disturbEveryMs: 3000 }
      const result = await runFleet({ store, processes: 8, expiries, seed: 1, rotation, trouble, longestMs })
      expect(findFaults(result, { expiries, isTroubled: true, isStrict: false })).toEqual([])
      expect(result.kills).toBeGreaterThan(10)
    },
    2 * longestMs,
  )
})
