// Breaks the code in ten places, which a seed chooses, and shows which rows of the table turn red for each:
//   npm run conformance:break [-- <seed>]
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { runOn } from '../mutants/hunt.js'
import { mutants, type Mutant } from '../mutants/mutants.js'
import { Random } from '../simulation/random.js'
import { sections } from './requirements/requirements.js'
import { idPattern, idsIn, outcomeOf, testsById, testsOf } from './table.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const wanted = 10

const requirements = sections.flatMap((section) => section.requirements)

/** The test file that catches a mutant, if its titles name requirements. */
async function fileFor({ caughtBy }: Mutant): Promise<string | undefined> {
  if (!('test' in caughtBy)) return undefined
  const text = await readFile(`${repository}test/${caughtBy.test}`, 'utf8')
  return idsIn(text).length > 0 ? caughtBy.test : undefined
}

/** The requirements that fail on the code of a mutant: those of the first test that fails, as broken code may hang the next. */
async function brokenBy(mutant: Mutant, file: string): Promise<string[]> {
  const report = await runOn(mutant, file, '-t', idPattern.source)
  if (!report) return []
  const byId = testsById(testsOf(report, repository))
  return requirements.filter((each) => outcomeOf(each, byId.get(each.id)) === 'fails').map(({ id }) => id)
}

function shuffled<T>(things: readonly T[], seed: number): T[] {
  const random = new Random(seed)
  return things
    .map((thing) => ({ thing, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ thing }) => thing)
}

const seed = Number(process.argv[2] ?? 1)
let broken = 0
console.log(`seed ${seed}`)
for (const mutant of shuffled(mutants, seed)) {
  if (broken === wanted) break
  const file = await fileFor(mutant)
  if (file === undefined) continue
  const ids = await brokenBy(mutant, file)
  if (ids.length === 0) console.log(`-       ${mutant.name}\n        caught by a test that names no requirement`)
  else console.log(`${String(++broken).padStart(2)} red  ${mutant.name}\n        ${ids.join(' ')} (test/${file})`)
}
console.log(`${broken} of ${wanted} places broken, and seen`)
if (broken < wanted) process.exitCode = 1
