// Tells which requirement is proven by which tests, from the report of `npm test`:
//   npm run check:conformance          fails when one is not proven, or when docs/conformance.md says otherwise
//   npm run check:conformance -- --accept    writes docs/conformance.md
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { sections } from './requirements/requirements.js'
import { faultsOf, pageOf, testsOf, type RunReport } from './table.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const page = path.join(repository, 'docs/conformance.md')

const { values } = parseArgs({
  options: {
    accept: { type: 'boolean', default: false },
    report: { type: 'string', default: path.join(repository, 'reports/vitest.json') },
  },
})

async function readReport(): Promise<RunReport> {
  try {
    return JSON.parse(await readFile(values.report, 'utf8')) as RunReport
  } catch (cause) {
    throw new Error(`${values.report} cannot be read: run npm test first, all of it`, { cause })
  }
}

const tests = testsOf(await readReport(), repository)
const faults = faultsOf(sections, tests)
const text = pageOf(sections, tests)
if (values.accept) await writeFile(page, text)
else if ((await readFile(page, 'utf8').catch(() => '')) !== text) {
  faults.push(
    'docs/conformance.md is not up to date: run npm test, all of it, and then npm run check:conformance -- --accept',
  )
}
const requirements = sections.flatMap((section) => section.requirements)
console.log([`${requirements.length} requirements, ${faults.length} faults`, ...faults].join('\n  '))
if (faults.length > 0) process.exitCode = 1
