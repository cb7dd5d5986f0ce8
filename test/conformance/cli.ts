// Tells which requirement is proven by which tests, from the report of `npm test`:
//   npm run check:conformance          fails when one is not proven, or when docs/conformance.md says otherwise
//   npm run check:conformance -- --accept    writes docs/conformance.md
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
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

async function readReport(): Promise<RunReport & { readonly startTime: number }> {
  try {
    return JSON.parse(await readFile(values.report, 'utf8')) as RunReport & { readonly startTime: number }
  } catch (cause) {
    throw new Error(`${values.report} cannot be read: run npm test first, all of it`, { cause })
  }
}

/** When the newest program in a folder was written, in milliseconds since 1970. */
async function newestIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true })
  const times = entries.map(async (entry) => {
    const place = path.join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? 0 : newestIn(place)
    return entry.name.endsWith('.ts') ? (await stat(place)).mtimeMs : 0
  })
  return Math.max(0, ...(await Promise.all(times)))
}

const report = await readReport()
const newest = await Promise.all(['src', 'test'].map((folder) => newestIn(path.join(repository, folder))))
// In CI the tests have just run.
if (!process.env.CI && Math.max(...newest) > report.startTime) {
  throw new Error(`src or test has changed since ${values.report} was begun: run npm test first, all of it`)
}
const tests = testsOf(report, repository)
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
