// Runs npm scripts one after the other, all of them also when one fails, and writes reports/check.json:
//   node test/setup/check.mjs <script>...
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'

const longestMs = 10 * 60_000

const results = process.argv.slice(2).map((script) => {
  const startedAt = Date.now()
  console.log(`\n== ${script}`)
  const { status } = spawnSync('npm', ['run', '--silent', script], { stdio: 'inherit', timeout: longestMs })
  return { script, ok: status === 0, seconds: Math.round((Date.now() - startedAt) / 1000) }
})

mkdirSync('reports', { recursive: true })
writeFileSync('reports/check.json', JSON.stringify(results, undefined, 2))
console.log('')
for (const { script, ok, seconds } of results) console.log(`${ok ? 'ok    ' : 'FAILED'} ${script} (${seconds} s)`)
process.exitCode = results.length > 0 && results.every(({ ok }) => ok) ? 0 : 1
