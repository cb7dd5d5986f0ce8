import { describe, expect, test } from 'vitest'
import { requireRedis } from '../support/redis-server.js'
import { runRounds } from './rounds.js'
import { findFaults } from './verdict.js'

const longestMs = 60_000

/** Short runs of what `npm run campaign:stores` does for as long as one likes. */
describe.each(['file', 'redis', 'postgres'] as const)(
  'a session in %s whose store fails after each rotation',
  (store) => {
    test(
      'P-052 goes on in two processes once the store is back, and nothing is spent while it is down',
      async (context) => {
        if (store === 'redis') requireRedis(context)
        const result = await runRounds({ store, rounds: 5, seed: 1, longestOutageMs: 300 })
        expect(findFaults(result)).toEqual([])
        expect(result).toMatchObject({ rounds: 5, spentWhileDown: 0, lost: 0, refused: 0 })
      },
      longestMs,
    )
  },
)
