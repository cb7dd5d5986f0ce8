import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { wholeNumber } from '../support/whole-number.js'
import { runCampaign, type Summary } from './campaign.js'
import { play, policies, type PolicyName } from './scenario.js'

const usage = `Plays seeds of the simulation.

  npm run simulate -- [--seeds 20000] [--from 0] [--policy grace] [--jobs 2]   all policies unless one is named
  npm run simulate -- --policy strict --replay 4711                            prints the trace of one seed
`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20000' },
    from: { type: 'string', default: '0' },
    policy: { type: 'string' },
    jobs: { type: 'string' },
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const names = Object.keys(policies) as PolicyName[]
const chosen = values.policy === undefined ? names : names.filter((name) => name === values.policy)
if (values.help || chosen.length === 0) {
  console.log(`${usage}\nPolicies: ${names.join(', ')}`)
  process.exit(values.help ? 0 : 2)
}

if (values.replay !== undefined) await replay(wholeNumber('replay', values.replay, 0))
else await simulate()

async function replay(seed: number): Promise<void> {
  for (const policy of chosen) {
    const { trace, violation, lost } = await play(seed, policy)
    console.log(
      [`seed ${seed}, ${policy}`, ...trace, violation ?? `no violation${lost ? `, lost: ${lost}` : ''}`].join('\n'),
    )
    if (violation !== undefined) process.exitCode = 1
  }
}

async function simulate(): Promise<void> {
  const started = Date.now()
  const seeds = wholeNumber('seeds', values.seeds)
  let played = 0
  const { summaries, violations } = await runCampaign({
    policies: chosen,
    from: wholeNumber('from', values.from, 0),
    seeds,
    ...(values.jobs !== undefined && { jobs: wholeNumber('jobs', values.jobs) }),
    onPlayed(one) {
      if (++played % 20_000 === 0) console.log(`${played} seeds, ${Math.round((Date.now() - started) / 1000)} s`)
      if (one.violation !== undefined) console.log(`seed ${one.seed}, ${one.policy}: ${one.violation}`)
    },
  })
  console.table(summaries.map(readable))
  await mkdir('reports', { recursive: true })
  const seconds = Math.round((Date.now() - started) / 1000)
  await writeFile(
    'reports/simulation.json',
    JSON.stringify({ from: values.from, seconds, summaries, violations }, null, 2),
  )
  for (const { trace, policy, seed } of violations.slice(0, 1))
    console.log([`seed ${seed}, ${policy}`, ...(trace ?? [])].join('\n'))
  const isWhole = summaries.every((summary) => summary.seeds === seeds)
  if (!isWhole) console.log('not all seeds were played')
  if (violations.length > 0 || !isWhole) process.exitCode = 1
}

function readable(summary: Summary): Record<string, string | number> {
  const { virtualDays, slowestHealSeconds, ...rest } = summary
  return { ...rest, virtualDays: Math.round(virtualDays), slowestHealSeconds: Math.round(slowestHealSeconds) }
}
