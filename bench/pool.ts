import { execFileSync } from 'node:child_process'
import { makeProgram } from '../test/support/program.js'
import type { Figure } from './figure.js'
import type { PoolCost } from './pool-program.js'

const sessions = 100_000

/** What a pool of many sessions costs while none of them is used, in a process of its own. */
export async function measurePool(): Promise<Figure[]> {
  const program = await makeProgram(new URL('./pool-program.ts', import.meta.url))
  try {
    const args = ['--expose-gc', program.path, String(sessions)]
    const cost = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as PoolCost
    const n = `${sessions} sessions`
    return [
      {
        kind: 'amount',
        what: 'heap of an idle session in a pool, beyond its tokens',
        unit: 'B',
        n,
        value: cost.bytesPerSession,
        budget: 1000,
      },
      { kind: 'amount', what: 'start of that pool, store that answers at once', unit: 'ms', n, value: cost.startMs },
      {
        kind: 'amount',
        what: 'processor time of that pool in each second, idle',
        unit: 'ms',
        n,
        value: cost.idleCpuMsPerSecond,
      },
    ]
  } finally {
    await program.remove()
  }
}
