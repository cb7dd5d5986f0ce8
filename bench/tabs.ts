import { lifetimes } from '../test/tabs/lifetimes.js'
import { launchAsUsed } from '../test/tabs/stage.js'
import type { Figure } from './figure.js'

const plan = { tabs: 20, rounds: 10, seed: 1 }

/**
 * How many token requests twenty tabs make in each lifetime of their access token, under strict rotation.
 * `npm run campaign:tabs` does it in three engines and for longer.
 */
export async function measureTabs(): Promise<Figure[]> {
  const engine = await launchAsUsed('chromium')
  try {
    const { figures, faults } = await lifetimes({ engine, ...plan })
    if (faults.length > 0) throw new Error(faults.join('; '))
    const { requestsPerLifetime, lifetimes: count, calls } = figures
    return [
      {
        kind: 'count',
        what: 'token requests per lifetime, 20 tabs, strict rotation, Chromium',
        count: Number(requestsPerLifetime),
        budget: 1,
        n: `${count} lifetimes, ${calls} calls`,
      },
    ]
  } finally {
    await engine.close()
  }
}
