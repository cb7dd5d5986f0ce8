import { mkdir, writeFile } from 'node:fs/promises'
import { hunt } from './hunt.js'
import { mutants } from './mutants.js'

/** Hunts all mutants, or those whose name holds the text that is given, and lists what caught each. */
const chosen = mutants.filter(({ name }) => name.includes(process.argv[2] ?? ''))
if (chosen.length === 0) {
  console.error(`no mutant has ${process.argv[2]} in its name`)
  process.exit(2)
}
const caught: { mutant: string; by: string | undefined }[] = []
for (const mutant of chosen) {
  const by = await hunt(mutant)
  caught.push({ mutant: mutant.name, by })
  console.log(`${by === undefined ? 'SURVIVES' : 'caught  '}  ${mutant.name}\n          ${by ?? '-'}`)
}
const survivors = caught.filter(({ by }) => by === undefined)
console.log(`${caught.length - survivors.length} of ${caught.length} mutants caught`)
await mkdir('reports', { recursive: true })
await writeFile('reports/mutants.json', JSON.stringify(caught, null, 2))
if (survivors.length > 0) process.exitCode = 1
