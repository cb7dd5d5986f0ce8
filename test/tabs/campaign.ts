// Many tabs of a real engine share one session; the test server is the witness:
//   npm run campaign:tabs -- --engine chromium|firefox|webkit|all [--case name] [--rounds N] [--seed 1] [--mutant name]
// `lifecycle` takes one kind of rounds or several with --kind.
// Each case prints its figures in one line and what of them is not as promised; reports/tabs.jsonl keeps them.
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { engineNames, type EngineName } from '../support/engines/engine.js'
import { cases, type CaseName } from './cases.js'
import { tabMutants } from './mutants.js'
import { launchAsUsed } from './stage.js'

const file = 'reports/tabs.jsonl'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'all' },
    case: { type: 'string' },
    rounds: { type: 'string' },
    tabs: { type: 'string' },
    kind: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    mutant: { type: 'string' },
  },
})

const engines = engineNames.filter((name) => values.engine === 'all' || name === values.engine)
const names = (Object.keys(cases) as CaseName[]).filter((name) => values.case === undefined || name === values.case)
const mutant = tabMutants.find(({ name }) => name === values.mutant)
if (engines.length === 0 || names.length === 0 || (values.mutant !== undefined && !mutant)) {
  console.error(`engines: ${engineNames.join(', ')}, all\ncases: ${Object.keys(cases).join(', ')}`)
  console.error(`mutants: ${tabMutants.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

for (const engine of engines) for (const name of names) await run(engine, name)

async function run(engineName: EngineName, name: CaseName): Promise<void> {
  const engine = await launchAsUsed(engineName)
  const { play, rounds: usualRounds } = cases[name]
  const [rounds, seed] = [Number(values.rounds ?? usualRounds), Number(values.seed)]
  const tabs = values.tabs === undefined ? undefined : Number(values.tabs)
  const startedAt = performance.now()
  const circumstances = {
    case: name,
    engine: `${engineName} ${engine.version}`,
    date: new Date().toISOString(),
    commit: execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim(),
    rounds,
    seed,
    mutant: mutant?.name,
    system: `${process.platform} ${process.arch}, ${availableParallelism()} processors`,
  }
  try {
    const log = (line: string): void => console.log(`  ${engineName} ${name}: ${line}`)
    const { figures, faults } = await play({ engine, seed, rounds, tabs, mutant, kinds: values.kind, log })
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    const line = JSON.stringify({ ...circumstances, seconds, figures, faults })
    mkdirSync('reports', { recursive: true })
    appendFileSync(file, `${line}\n`)
    console.log(line)
    for (const fault of faults) console.log(`FAULT: ${fault}`)
    if (faults.length > 0) process.exitCode = 1
  } finally {
    await engine.close()
  }
}
