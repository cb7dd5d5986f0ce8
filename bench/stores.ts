import { hasRedis } from '../test/support/redis-server.js'
import { openFile, openPostgres, openRedis, type Counter, type CountedStore } from './counted-stores.js'
import type { Figure } from './figure.js'
import { assertAllRenewed, managerAt, renewalBy, serveRotation, timed, type Prepare } from './renewing.js'
import { compare, runRounds, type Comparison, type Plan } from './rounds.js'

const plan: Plan = { warmUpRounds: 10, rounds: 40, timesPerRound: 20 }

/** What a store on this machine adds to a renewal, over one with its store in memory at the same server. */
export async function measureStores(): Promise<Figure[]> {
  if (!hasRedis()) console.log('not measured, because redis-server is missing: a renewal with Redis')
  const figures: Figure[] = []
  for (const open of [openFile, ...(hasRedis() ? [openRedis] : []), openPostgres]) {
    const counted = await open()
    try {
      figures.push(...(await measureRenewals(counted)))
    } finally {
      await counted.remove()
    }
  }
  return figures
}

async function measureRenewals({ store, name, counters }: CountedStore): Promise<Figure[]> {
  const server = await serveRotation()
  const [ours, theirs] = [managerAt(server, store), managerAt(server)]
  const perRenewal = new PerRenewal(counters)
  try {
    const measured = timed(server, perRenewal.counting(renewalBy(ours)))
    const comparison = compare(await runRounds(plan, measured, timed(server, renewalBy(theirs))))
    assertAllRenewed(server, plan)
    return [...durations(name, comparison), ...perRenewal.figures()]
  } finally {
    ours.dispose()
    theirs.dispose()
    server.close()
  }
}

/** Counts from the call until the next sign-in, so that what is done after the answer counts too. */
class PerRenewal {
  readonly #counts: number[][] = []
  #before: number[] | undefined

  constructor(private readonly counters: readonly Counter[]) {}

  counting(prepare: Prepare): Prepare {
    return async (refreshToken) => {
      const before = this.#before
      if (before) this.#counts.push(this.counters.map(({ count }, index) => count - (before[index] ?? 0)))
      const renew = await prepare(refreshToken)
      this.#before = this.counters.map(({ count }) => count)
      return renew
    }
  }

  figures(): Figure[] {
    return this.counters.map(({ what, budget }, index): Figure => {
      const counts = this.#counts.map((count) => count[index] ?? 0)
      const count = counts.reduce((total, one) => total + one, 0) / counts.length
      return { kind: 'count', what, count, n: `${counts.length} renewals, ${Math.max(...counts)} at most`, budget }
    })
  }
}

function durations(name: string, comparison: Comparison): Figure[] {
  const n = `${plan.rounds * plan.timesPerRound} renewals`
  const { median: value, ...range } = comparison.difference
  const comparedWith = 'store in memory'
  return [
    { kind: 'ratio', what: `renewal, store in ${name}, Node`, comparedWith, comparison, unit: 'ms', n },
    { kind: 'amount', what: `what ${name} adds to a renewal`, value, range, unit: 'ms', n },
  ]
}
