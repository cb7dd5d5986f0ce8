import type { BrowserContext } from 'playwright-core'
import type { Figure } from './figure.js'
import { measureIn, measureInNewTab, serveAsSite } from './pages.js'
import { compare, runRounds, type Plan } from './rounds.js'

const newTabs: Plan = { warmUpRounds: 1, rounds: 20, timesPerRound: 10 }
const sameTab: Plan = { warmUpRounds: 2, rounds: 20, timesPerRound: 10 }

/** Page load to the first access token from IndexedDB, over reading as much with idb-keyval. */
export async function measurePageLoad(context: BrowserContext): Promise<Figure[]> {
  const server = await serveAsSite('store-session', 'first-token', 'plain-get')
  const tab = await context.newPage()
  const inSameTab = (name: string): Promise<number> => measureIn(tab, server.url + name)
  const inNewTab = (name: string): Promise<number> => measureInNewTab(context, server.url + name)
  try {
    await inSameTab('store-session')
    return [await compareLoads('new tab', newTabs, inNewTab), await compareLoads('same tab', sameTab, inSameTab)]
  } finally {
    await tab.close()
    server.close()
  }
}

async function compareLoads(where: string, plan: Plan, load: (name: string) => Promise<number>): Promise<Figure> {
  const comparison = compare(
    await runRounds(
      plan,
      () => load('first-token'),
      () => load('plain-get'),
    ),
  )
  const { ours, theirs, ratio } = comparison
  return {
    kind: 'ratio',
    what: `page load to first token from IndexedDB, Chromium, ${where}`,
    comparedWith: 'one `get` of idb-keyval',
    comparison: { ...comparison, ratio: { ...ratio, median: ours.median / theirs.median } },
    unit: 'ms',
    n: `${plan.rounds * plan.timesPerRound} loads`,
    budget: 1.25,
    reason: 'in a new process all code runs for the first time, and ours is more than that of one `get`',
  }
}
