// Several processes keep the same ten thousand sessions fresh, with a pool each, over one Redis. All sessions become due in
// the same minute:
//   npm run campaign:pool -- [--sessions 10000] [--processes 4] [--per-second 50] [--within 60] [--lead 40]
// Exactly one renewal a session is expected, counted by an authorization server in a process of its own that rotates
// strictly, and no second may be much busier than the mean. --within 0 makes all sessions due at once. In the midst of it
// the server may be down for a while, by answering 503 or not at all; then no storm may follow, and nothing be lost:
//   npm run campaign:pool -- --outage 503|refused [--outage-seconds 300]
// A server with 30 seconds of grace may also do what it is asked for and lose the answers for a moment:
//   npm run campaign:pool -- --outage lost --outage-seconds 8
import { appendFileSync, mkdirSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readManifest, repository } from '../package/installed-package.js'
import type { Outage } from './authorization-server.js'
import { runPools, type PoolCost, type PoolsResult, type Progress } from './pools.js'
import type { Rate } from './rates.js'
import { budgetOf, findFaults, goals } from './verdict.js'

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10000' },
    processes: { type: 'string', default: '4' },
    'per-second': { type: 'string', default: '50' },
    within: { type: 'string', default: '60' },
    lead: { type: 'string', default: '40' },
    outage: { type: 'string' },
    'outage-seconds': { type: 'string', default: '300' },
  },
})
const file = 'reports/pool.jsonl'
const printEverySeconds = 10

let printAt = 0
function show({ seconds, renewals, metrics }: Progress): void {
  if (seconds < printAt) return
  printAt = seconds + printEverySeconds
  const sum = (name: 'due' | 'waiting' | 'failures'): number => metrics.reduce((all, each) => all + each[name], 0)
  const paces = metrics.map(({ pace }) => pace.toFixed(0)).join(' ')
  const figures = `due ${sum('due')}, waiting ${sum('waiting')}, failures ${sum('failures')}, pace ${paces}`
  console.log(`${seconds} s: ${renewals} renewals, ${figures}`)
}

function describe({ count, seconds, mean, peak, peakToMean }: Rate): string {
  const times = `${peakToMean.toFixed(2)} times the mean`
  return `${count} in ${seconds.toFixed(1)} s, mean ${mean.toFixed(1)}/s, busiest second ${peak}, ${times}`
}

function print(result: PoolsResult): void {
  const { sessions, processes, tokenRequests, renewals, lost, sent, received, outage, costs } = result
  console.log(`${sessions} sessions, ${processes} processes: ${tokenRequests} token requests, ${renewals} renewals`)
  console.log(`sessions lost: ${lost}`)
  if (outage) {
    const { kind, seconds, requests, recovery, recoverySeconds } = outage
    const each = (requests / processes / seconds).toFixed(2)
    const budget = `budget ${budgetOf(result).toFixed(0)}; ${(requests / sessions).toFixed(3)} for each session`
    console.log(
      `outage (${kind}) of ${seconds.toFixed(0)} s: ${requests} requests, ${each}/s of each process; ${budget}`,
    )
    console.log(`after it: 99 % of the requests, ${describe(recovery)}; the last after ${recoverySeconds.toFixed(1)} s`)
  } else {
    console.log(`sent: ${describe(sent)}`)
    console.log(`received: ${describe(received)}`)
  }
  if (!costs) return console.log('no costs: the pools had no time to rest; give more --lead')
  const most = (name: keyof PoolCost): string => Math.max(...costs.map((cost) => cost[name])).toPrecision(3)
  console.log(`a pool at most: start ${most('startMs')} ms, heap ${most('bytesPerSession')} B for each session`)
  console.log(`  processor time while nothing is due ${most('restingCpu')} ms/s`)
}

const load = loadavg()[0]
const startedAt = performance.now()
const result = await runPools({
  sessions: Number(values.sessions),
  processes: Number(values.processes),
  maxRenewalsPerSecond: Number(values['per-second']),
  leadSeconds: Number(values.lead),
  withinSeconds: Number(values.within),
  outage: values.outage ? { kind: values.outage as Outage, seconds: Number(values['outage-seconds']) } : undefined,
  onProgress: show,
})
const faults = findFaults(result, goals)
const { version } = await readManifest(repository)
const ioredis = (await readManifest(path.join(repository, 'node_modules', 'ioredis'))).version
const versions = { evergrant: version, node: process.versions.node, redis: result.redis, ioredis }
const machine = { processors: availableParallelism(), loadBefore: load, loadAfter: loadavg()[0] }
const seconds = Math.round((performance.now() - startedAt) / 1000)
const entry = { date: new Date().toISOString(), command: values, versions, machine, seconds, ...result, goals, faults }
mkdirSync('reports', { recursive: true })
appendFileSync(file, `${JSON.stringify(entry)}\n`)
print(result)
for (const fault of faults) console.log(`FAULT: ${fault}`)
console.log(faults.length === 0 ? `all as promised; added to ${file}` : `${faults.length} faults; added to ${file}`)
process.exitCode = faults.length === 0 ? 0 : 1
