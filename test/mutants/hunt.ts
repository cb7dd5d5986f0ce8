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
  return first && `seed ${first.seed}, ${policy}: ${(first.violation ?? '').split('\n')[0]}`
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

async function runTests(mutant: Mutant, file: string): Promise<string | undefined> {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/mutants/vitest.config.ts', `test/${file}`]
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, EVERGRANT_MUTANT: mutant.name },
    timeout: longestMs,
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  await new Promise((resolve) => child.on('close', resolve))
  if (child.signalCode) return `test/${file}: does not end`
  const start = output.indexOf('{"')
  if (start < 0) throw new Error(`mutant "${mutant.name}" could not be tested: ${output}`)
  const report = JSON.parse(output.slice(start, output.lastIndexOf('}') + 1)) as Report
  const failed = report.testResults.flatMap((one) => one.assertionResults).find(({ status }) => status === 'failed')
  return failed && `test/${file}: ${failed.fullName}`
}
