import { describe, expect, test } from 'vitest'
import { runCampaign } from './campaign.js'
import { play, policies, type PolicyName } from './scenario.js'

const names = Object.keys(policies) as PolicyName[]
/** Seeds for each policy. Longer campaigns run with `npm run simulate`. */
const seeds = 4000

describe('the simulation', () => {
  test(`plays ${seeds * names.length} seeds without a broken promise`, { timeout: 900_000 }, async () => {
    const { summaries, violations } = await runCampaign({ policies: names, from: 0, seeds })
    expect(violations.map(({ seed, policy, violation }) => `seed ${seed}, ${policy}: ${violation}`)).toEqual([])
    expect(summaries.map((summary) => summary.seeds)).toEqual(names.map(() => seeds))
    // What never happens in it is not tested by it.
    const strict = summaries.find(({ policy }) => policy === 'strict')
    expect(strict?.lostInWindow).toBeGreaterThan(0)
  })

  test('plays a seed the same way each time', async () => {
    const [first, second] = [await play(7, 'grace'), await play(7, 'grace')]
    expect(second.trace).toEqual(first.trace)
  })
})
