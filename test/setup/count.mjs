// Adds up what the reports say and prints it in one line. Fails unless everything has passed:
//   node test/setup/count.mjs <exit status of npm test> <exit status of npm run check>
import { readFileSync } from 'node:fs'

/** The checks that are test runs count with their tests, the others as one each. */
const reportsOfChecks = {
  'check:package': 'reports/package.json',
  'check:runtimes': 'reports/runtimes.json',
  'test:types': 'reports/types.json',
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** A run that failed although no test of its report did has crashed, which counts as one failure. */
function countTests(isOk, file) {
  const report = read(file)
  const failed = report?.numFailedTests ?? 0
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
  return { passed: report?.numPassedTests ?? 0, failed: isOk && report ? failed : Math.max(failed, 1), skipped }
}

function countCheck({ script, ok }) {
  const report = reportsOfChecks[script]
  return report ? countTests(ok, report) : { passed: Number(ok), failed: Number(!ok), skipped: 0 }
}

const [testStatus, checkStatus] = process.argv.slice(2).map(Number)
const checks = (read('reports/check.json') ?? []).map(countCheck)
const counts = [countTests(testStatus === 0, 'reports/vitest.json'), ...checks]
const sum = (name) => counts.reduce((total, count) => total + count[name], 0)
const crashed = checkStatus !== 0 && checks.every(({ failed }) => failed === 0) ? 1 : 0
const failed = sum('failed') + crashed
console.log(`${sum('passed')} passed, ${failed} failed, ${sum('skipped')} skipped`)
process.exitCode = failed === 0 && testStatus === 0 && checkStatus === 0 ? 0 : 1
