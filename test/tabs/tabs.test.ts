import { describe, expect, test } from 'vitest'
import { engineNames, type Engine } from '../support/engines/engine.js'
import { useEngine } from '../support/engines/use-engine.js'
import { lifecycle } from './lifecycle.js'
import { lifetimes } from './lifetimes.js'
import { tabMutants } from './mutants.js'
import { outage } from './outage.js'
import { signOut } from './sign-out.js'
import type { CaseOptions, CaseResult } from './stage.js'
import { wake } from './wake.js'

const longestMs = 90_000
const seed = 1
const settling = { settleSeconds: 10, leastSettleSeconds: 1 }

/** Short runs of what `npm run campaign:tabs` does for as long as one likes. */
const cases: Readonly<Record<string, (options: Pick<CaseOptions, 'engine' | 'mutant'>) => Promise<CaseResult>>> = {
  lifetimes: (options) => lifetimes({ ...options, seed, rounds: 3, tabs: 4, accessTokenSeconds: 2 }),
  outage: (options) => outage({ ...options, seed, rounds: 1, tabs: 2, accessTokenSeconds: 2 }),
  signOut: (options) => signOut({ ...options, ...settling, seed, rounds: options.mutant ? 30 : 8, tabs: 3 }),
  wake: (options) => wake({ ...options, seed, rounds: 1, tabs: 6 }),
}

describe.each(engineNames)('tabs of %s that share a session', (name) => {
  const engine = useEngine(name)
  const run = async (name: string): Promise<void> => {
    const { faults } = await (cases[name] as (typeof cases)[string])({ engine: engine() })
    expect(faults).toEqual([])
  }

  test('make one request per lifetime of a server that rotates strictly', () => run('lifetimes'), longestMs)

  test('outlive an outage', () => run('outage'), longestMs)

  test('sign out together, whoever is renewing', () => run('signOut'), longestMs)

  test('renew once when they wake up together', () => run('wake'), longestMs)

  test(
    'lose nothing when one of them is closed, loses its lock or calls back from a listener',
    async () => {
      const kinds = ['close', 'steal', 'listener']
      const { faults } = await lifecycle({ engine: engine(), seed, rounds: 1, tabs: 3, kinds })
      expect(faults).toEqual([])
    },
    longestMs,
  )
})

describe('a case notices', () => {
  const engine: () => Engine = useEngine('chromium')

  test.each([
    ['tabs that renew regardless of each other', 'every-tab-for-itself', 'lifetimes', /requests for \d+ lifetimes/],
    [
      'a late answer that brings a session back',
      'resurrection',
      'signOut',
      /sessions became active again|served after/,
    ],
    ['expired tokens', 'timers-are-trusted', 'wake', /expired tokens were served/],
  ])(
    '%s',
    async (_what, mutantName, caseName, fault) => {
      const mutant = tabMutants.find(({ name }) => name === mutantName)
      const { faults } = await (cases[caseName] as (typeof cases)[string])({ engine: engine(), mutant })
      expect(faults.join('\n')).toMatch(fault)
    },
    longestMs,
  )
})
