import { describe, expect, test } from 'vitest'
import { runFleet } from './fleet.js'
import { findFaults } from './verdict.js'

const longestMs = 60_000

/** Short runs of what `npm run campaign:processes` does for as long as one likes. */
describe('eight processes that share one session file', () => {
  test(
    'make exactly one request per expiry of a server that rotates strictly',
    async () => {
      const expiries = 15
      const result = await runFleet({ processes: 8, expiries, seed: 1, rotation: 'strict', longestMs })
      expect(findFaults(result, { expiries, isKilling: false })).toEqual([])
    },
    2 * longestMs,
  )

  test(
    'lose nothing while one of them is killed every half second, and the server has a grace period',
    async () => {
      const expiries = 10
      const rotation = { graceSeconds: 30 }
      const result = await runFleet({ processes: 8, expiries, seed: 1, rotation, killEveryMs: 500, longestMs })
      expect(findFaults(result, { expiries, isKilling: true })).toEqual([])
      expect(result.kills).toBeGreaterThan(10)
    },
    2 * longestMs,
  )
})
