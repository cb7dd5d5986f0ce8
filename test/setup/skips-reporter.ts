import type { Reporter, TestCase } from 'vitest/node'

/** Tells which tests were skipped and why. In CI nothing may be skipped: a test that does not run proves nothing. */
export default class SkipsReporter implements Reporter {
  #skips: string[] = []

  onTestRunStart(): void {
    this.#skips = []
  }

  onTestCaseResult(test: TestCase): void {
    const result = test.result()
    if (result.state !== 'skipped') return
    this.#skips.push(`${test.module.relativeModuleId}: ${test.fullName} (${result.note ?? 'no reason given'})`)
  }

  onTestRunEnd(): void {
    if (this.#skips.length === 0) return
    console.log(['Skipped:', ...this.#skips].join('\n  '))
    if (!process.env.CI) return
    console.log('Nothing may be skipped in CI.')
    process.exitCode = 1
  }
}
