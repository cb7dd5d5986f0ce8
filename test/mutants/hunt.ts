import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { runCampaign } from '../simulation/campaign.js'
import type { PolicyName } from '../simulation/scenario.js'
import { mutantPlugin } from './mutate.js'
import type { Mutant } from './mutants.js'

const mostSeeds = 6000
const longestMs = 180_000
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Looks for what catches a mutant. Resolves to the seed or the test, or to `undefined` when it survives. */
export function hunt(mutant: Mutant): Promise<string | undefined> {
  return 'test' in mutant.caughtBy ? runTests(mutant, mutant.caughtBy.test) : simulate(mutant, mutant.caughtBy.policy)
}

async function simulate(mutant: Mutant, policy: PolicyName): Promise<string | undefined> {
  const plugin = mutantPlugin(mutant)
  const { violations } = await runCampaign({ policies: [policy], from: 0, seeds: mostSeeds, stopsEarly: true, plugin })
  const first = violations.sort((a, b) => a.seed - b.seed)[0]
  return first && `seed ${first.seed}, ${policy}: ${withoutTokens((first.violation ?? '').split('\n')[0] ?? '')}`
}

/** No token gets into a report, not even one of the simulation. */
function withoutTokens(text: string): string {
  return text.replace(/\b(access|refresh)\.\d+\.[\w-]+/g, 'an $1 token')
}

/** What vitest reports of a run on the code of a mutant. */
export interface MutantReport {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[]
      readonly title: string
      readonly fullName: string
      readonly status: string
    }[]
  }[]
}

async function runTests(mutant: Mutant, file: string): Promise<string | undefined> {
  const report = await runOn(mutant, file)
  if (!report) throw new Error(`test/${file} did not end on the mutant "${mutant.name}", so nothing has noticed it`)
  const failed = report.testResults.flatMap((one) => one.assertionResults).find(({ status }) => status === 'failed')
  return failed && `test/${file}: ${failed.fullName}`
}

/** Runs a test file on the code of a mutant, with further arguments for vitest; `undefined` if it does not end. */
export async function runOn(mutant: Mutant, file: string, ...more: string[]): Promise<MutantReport | undefined> {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/mutants/vitest.config.ts', `test/${file}`]
  const child = spawn(process.execPath, [...args, ...more], {
    cwd: root,
    env: { ...process.env, EVERGRANT_MUTANT: mutant.name },
    timeout: longestMs,
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  await new Promise((resolve) => child.on('close', resolve))
  if (child.killed || child.signalCode) return undefined
  const start = output.indexOf('{"')
  if (start < 0) throw new Error(`mutant "${mutant.name}" could not be tested: ${output}`)
  return JSON.parse(output.slice(start, output.lastIndexOf('}') + 1)) as MutantReport
}
