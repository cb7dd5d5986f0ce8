// A store fails when the server has rotated and before the answer is stored, as often as one likes; then it is mended:
//   npm run campaign:stores -- --store file|redis|postgres [--rounds 300] [--seed 1] [--longest-outage 1500] [--mutant name]
// Each round has a session of its own at a server that rotates strictly, and a holder in a process of its own that renews.
// While the store is down this holder is asked to renew again; so is another process, in half of the rounds, and in the
// others as soon as the store is back. Afterwards both must go on, the other one from the store alone. The witness is the
// server: nothing may be spent while the store is down, and no session be lost once it is back.
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Place } from '../processes/places.js'
import { storeMutants } from './mutants.js'
import { runRounds } from './rounds.js'
import { findFaults } from './verdict.js'

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'file' },
    rounds: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    'longest-outage': { type: 'string', default: '1500' },
    mutant: { type: 'string' },
  },
})
const mutant = storeMutants.find(({ name }) => name === values.mutant)
if (!['file', 'redis', 'postgres'].includes(values.store) || (values.mutant !== undefined && !mutant)) {
  console.error(`stores: file, redis, postgres\nmutants: ${storeMutants.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const printEvery = 10
const file = 'reports/stores.jsonl'

const circumstances = {
  date: new Date().toISOString(),
  commit: execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim(),
  command: values,
  system: `${process.platform} ${process.arch}, Node ${process.versions.node}, ${availableParallelism()} processors`,
  load: loadavg()[0],
}
const result = await runRounds({
  store: values.store as Place['kind'],
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  longestOutageMs: Number(values['longest-outage']),
  mutant,
  onRound({ rounds, spentWhileDown, lost, refused, recoveryMs, faults }) {
    if (rounds % printEvery > 0) return
    console.log(
      `${rounds} rounds: ${spentWhileDown} spent while down, ${lost} lost, ${refused} refused, ` +
        `recovery ${recoveryMs.median} ms, at most ${recoveryMs.max}, faults ${JSON.stringify(faults)}`,
    )
  },
})
const faults = findFaults(result)
mkdirSync('reports', { recursive: true })
appendFileSync(file, `${JSON.stringify({ ...circumstances, ...result, faults })}\n`)
console.log(result)
for (const fault of faults) console.log(`FAULT: ${fault}`)
console.log(faults.length === 0 ? `all as promised; added to ${file}` : `${faults.length} faults; added to ${file}`)
process.exitCode = faults.length === 0 ? 0 : 1
