import type { Failure, PageReport } from './page.js'

/** What all pages of a case have reported. */
export class Tally {
  calls = 0
  longestWaitMs = 0
  ended = 0
  restored = 0
  readonly failures: Failure[] = []
  readonly api: Record<string, number> = {}
  /** When the last call began that was given each token, and the last at which each session was active anywhere. */
  readonly served: Map<string, number> = new Map()
  readonly active: Map<string, number> = new Map()
  /** When each tab was last given a token, and when it last reported, on the monotonic clock here. */
  readonly givenAt: Map<string, number> = new Map()
  readonly reportedAt: Map<string, number> = new Map()

  take(report: PageReport): void {
    const now = performance.now()
    this.calls += report.calls
    this.ended += report.ended
    this.restored += report.restored
    this.longestWaitMs = Math.round(Math.max(this.longestWaitMs, report.longestWaitMs, report.openMs))
    this.failures.push(...report.failures)
    for (const [outcome, count] of Object.entries(report.api)) this.api[outcome] = (this.api[outcome] ?? 0) + count
    for (const [token, at] of report.served) this.served.set(token, Math.max(at, this.served.get(token) ?? 0))
    for (const [session, at] of report.active) this.active.set(session, Math.max(at, this.active.get(session) ?? 0))
    if (report.served.length > 0) this.givenAt.set(report.tab, now)
    this.reportedAt.set(report.tab, now)
  }

  /** How many calls failed, by the code of the error. */
  get failuresByCode(): Record<string, number> {
    return countBy(this.failures, ({ code }) => code)
  }

  /** How many calls to the API had another end than an answer that it gives to those who are signed in. */
  get apiFailures(): number {
    const good = this.api['200'] ?? 0
    return Object.values(this.api).reduce((sum, count) => sum + count, 0) - good
  }
}

export function countBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1
  return counts
}
