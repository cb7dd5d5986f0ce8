// Many processes share one session in a file, Redis or PostgreSQL, for as many lifetimes of an access token as one likes:
//   npm run campaign:processes -- [--store file|redis|postgres] [--processes 32] [--expiries 200] [--trouble] [--strict] [--seed 1]
// Without --trouble the server rotates strictly, and exactly one request per expiry is expected. With it a random process is
// killed every 100 ms, one is stopped for up to 30 s every 5 s, and every 10 s Redis is restarted or all connections to
// PostgreSQL are ended; a server with 30 seconds of grace must not lose the session. With --strict as well it may, where
// the answer to a request was lost: those are counted.
import { appendFileSync, mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { wholeNumber } from '../support/whole-number.js'
import { runFleet } from './fleet.js'
import type { Place } from './places.js'
import { findFaults } from './verdict.js'

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'file' },
    processes: { type: 'string', default: '32' },
    expiries: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    trouble: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
  },
})
const processes = wholeNumber('processes', values.processes)
const expiries = wholeNumber('expiries', values.expiries)
const seed = wholeNumber('seed', values.seed, 0)
const isStrict = values.strict || !values.trouble
const printEverySeconds = 10
const longestSecondsPerExpiry = 5
const file = 'reports/processes.jsonl'

let printAt = 0
const result = await runFleet({
  store: values.store as Place['kind'],
  processes,
  expiries,
  seed,
  rotation: isStrict ? 'strict' : { graceSeconds: 30 },
  trouble: values.trouble
    ? { killEveryMs: 100, stopEveryMs: 5000, longestStopMs: 30_000, disturbEveryMs: 10_000 }
    : undefined,
  longestMs: 60_000 + expiries * longestSecondsPerExpiry * 1000,
  onProgress({ seconds, expiries, requestsPerExpiry, kills, losses, longestWaitMs }) {
    if (seconds < printAt) return
    printAt = seconds + printEverySeconds
    console.log(
      `${seconds} s: ${expiries} expiries, ${requestsPerExpiry.toFixed(3)} requests each, ${kills} kills, ` +
        `losses ${JSON.stringify(losses)}, longest wait ${longestWaitMs} ms`,
    )
  },
})
const faults = findFaults(result, { expiries, isTroubled: values.trouble, isStrict })
mkdirSync('reports', { recursive: true })
appendFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), command: values, ...result, faults })}\n`)
console.log(result)
for (const fault of faults) console.log(`FAULT: ${fault}`)
console.log(faults.length === 0 ? `all as promised; added to ${file}` : `${faults.length} faults; added to ${file}`)
process.exitCode = faults.length === 0 ? 0 : 1
