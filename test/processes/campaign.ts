// Many processes share one session in one file, for as many lifetimes of an access token as one likes:
//   npm run campaign:processes -- [--expiries 1000] [--processes 16] [--kill] [--seed 1]
// Without --kill the server rotates strictly, and exactly one request per expiry is expected. With it a random process is
// killed every 200 ms, and a server with 30 seconds of grace must not lose the session.
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runFleet, type FleetResult } from './fleet.js'
import { findFaults } from './verdict.js'

const { values } = parseArgs({
  options: {
    expiries: { type: 'string', default: '1000' },
    processes: { type: 'string', default: '16' },
    seed: { type: 'string', default: '1' },
    kill: { type: 'boolean', default: false },
  },
})
const [expiries, processes, seed] = [Number(values.expiries), Number(values.processes), Number(values.seed)]
const { kill } = values
const printEverySeconds = 10
const longestSecondsPerExpiry = 3

const file = `reports/processes-${kill ? 'kill' : 'strict'}.json`

function write(result: FleetResult, faults?: readonly string[]): void {
  const figures = { command: { expiries, processes, seed, kill }, ...result, faults: faults ?? 'still running' }
  mkdirSync('reports', { recursive: true })
  writeFileSync(file, `${JSON.stringify(figures, undefined, 2)}\n`)
}

let printAt = 0
const result = await runFleet({
  processes,
  expiries,
  seed,
  rotation: kill ? { graceSeconds: 30 } : 'strict',
  killEveryMs: kill ? 200 : undefined,
  longestMs: 30_000 + expiries * longestSecondsPerExpiry * 1000,
  onProgress(result) {
    write(result)
    if (result.seconds < printAt) return
    printAt = result.seconds + printEverySeconds
    const { seconds, expiries, requestsPerExpiry, kills, longestWaitMs } = result
    console.log(
      `${seconds} s: ${expiries} expiries, ${requestsPerExpiry.toFixed(3)} requests each, ${kills} kills, ` +
        `longest wait ${longestWaitMs} ms`,
    )
  },
})
const faults = findFaults(result, { expiries, isKilling: kill })
write(result, faults)
console.log(result)
for (const fault of faults) console.log(`FAULT: ${fault}`)
console.log(faults.length === 0 ? `all as promised; figures in ${file}` : `${faults.length} faults; figures in ${file}`)
process.exitCode = faults.length === 0 ? 0 : 1
