import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { entryNames } from './entries.js'
import { measureParts } from './parts.js'
import { goals, measureSizes, type Size } from './sizes.js'

const budgetFile = new URL('./sizes.json', import.meta.url)
const accepting = process.argv.includes('--accept')
/** Room for noise: a ceiling lies this much above the size it was accepted at. */
const slack = 1.01

/** The most bytes, minified and brotli, that each part may have. */
type Budget = Readonly<Record<string, number>>

const sizes = await measureSizes()
await mkdir('reports', { recursive: true })
await writeFile('reports/sizes.json', JSON.stringify(sizes, undefined, 2))

if (accepting) {
  const accepted: Budget = Object.fromEntries(sizes.map(({ name, brotli }) => [name, Math.ceil(brotli * slack)]))
  await writeFile(budgetFile, `${JSON.stringify(accepted, undefined, 2)}\n`)
}
const budget = JSON.parse(await readFile(budgetFile, 'utf8')) as Budget

const isWithin = ({ name, brotli }: Size): boolean => brotli <= (budget[name] ?? -1)
const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`
for (const size of sizes) {
  const { name, minified, brotli } = size
  const verdict = isWithin(size) ? 'ok    ' : 'FAILED'
  const ceiling = budget[name] ?? 'no budget'
  console.log(`${verdict} ${name.padEnd(46)} ${kB(minified)} minified, ${brotli} bytes brotli (at most ${ceiling})`)
}

for (const [name, goal] of goals) {
  const over = (sizes.find((size) => size.name === name)?.brotli ?? Infinity) - goal
  console.log(`goal   ${name.padEnd(46)} ${kB(goal)}: ${over <= 0 ? 'met' : `missed by ${kB(over)}`}`)
}

if (process.argv.includes('--parts')) {
  const { parts, left } = await measureParts()
  for (const { name, bytes } of parts) console.log(`part   ${name.padEnd(46)} ${bytes} bytes brotli`)
  console.log(`left   ${'without all of these'.padEnd(46)} ${left} bytes brotli`)
}

const stale = Object.keys(budget).filter((entry) => !sizes.some((size) => size.name === entry))
if (stale.length > 0) console.log(`FAILED the budget names what is not measured: ${stale.join(', ')}`)
const unmeasured = entryNames.filter(
  (entry) => !sizes.some(({ name }) => name === entry || name.startsWith(`${entry},`)),
)
if (unmeasured.length > 0) console.log(`FAILED no size is measured of ${unmeasured.join(', ')}`)
if (unmeasured.length > 0) process.exitCode = 1
if (!sizes.every(isWithin) || stale.length > 0) {
  console.log('If the growth is worth it: npm run check:sizes -- --accept, and say in the commit what it pays for.')
  process.exitCode = 1
}
