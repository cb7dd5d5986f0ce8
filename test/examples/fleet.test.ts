import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { settleAccount } from '../../examples/fleet/ledger.js'
import { startPostgres } from '../support/postgres-server.js'
import { requireRedis } from '../support/redis-server.js'
import { runExample, tokenLike } from './running.js'

const customers = 60
const bounds = ['--seconds', '14', '--customers', String(customers), '--lifetime', '8']
const longestMs = 90_000

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-fleet-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Runs the fleet, and expects that there was one renewal for each expiry and that nothing is left. */
async function expectOneRenewalPerExpiry(args: readonly string[], variables: NodeJS.ProcessEnv): Promise<void> {
  const demo = runExample('fleet/demo.ts', [...bounds, ...args], { TMPDIR: folder, ...variables })
  const code = await demo.exitCode
  expect([code, demo.output()]).toEqual([
    0,
    expect.stringMatching(/^(\d+) token requests for \1 expiries, 1\.000 each$/m),
  ])
  expect(Number(/^(\d+) token requests/m.exec(demo.output())?.[1])).toBeGreaterThanOrEqual(customers)
  expect(demo.output()).toMatch(/^\d+ s: due \d+, waiting \d+, renewals \d+, failures 0, calls [1-9]/m)
  expect(demo.output()).not.toMatch(tokenLike)
  expect(await readdir(folder)).toEqual([])
}

describe('examples/fleet renews each session once per expiry, from four processes', () => {
  test(
    'in a Redis that it starts',
    async (context) => {
      requireRedis(context)
      await expectOneRenewalPerExpiry([], { REDIS_URL: '' })
    },
    longestMs,
  )

  test(
    'in PostgreSQL',
    async () => {
      const server = await startPostgres()
      onTestFinished(() => server.remove())
      await expectOneRenewalPerExpiry(['--store', 'postgres'], { DATABASE_URL: server.url() })
    },
    longestMs,
  )
})

describe('settleAccount()', () => {
  const used = (at: number, outcome: 'accepted' | 'reuse' = 'accepted') => ({ at, family: 0, depth: 0, outcome })

  test('counts a token as outlived when it is replaced at the end of its life', () => {
    const redemptions = [used(7000), used(14_500)]
    expect(settleAccount({ redemptions, tokenRequests: 2 }, [0], 10)).toMatchObject({ expiries: 2, refused: 0 })
  })

  test('counts nothing for a request that came early, or twice', () => {
    const redemptions = [used(7000), used(8000), used(8001, 'reuse')]
    expect(settleAccount({ redemptions, tokenRequests: 3 }, [0], 10)).toMatchObject({ expiries: 1, refused: 1 })
  })
})
