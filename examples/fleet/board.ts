import type { Account } from './ledger.js'
import type { WorkerReport } from './worker.js'

const columns = ['sessions', 'open', 'due', 'waiting', 'renewals', 'failures', 'pace', 'calls'] as const
type Row = Readonly<Record<(typeof columns)[number], number>>

function rowOf({ metrics, calls }: WorkerReport): Row {
  return { ...metrics, pace: Math.round(metrics.pace), calls }
}

function sumOf(rows: readonly Row[]): Row {
  const sums = columns.map((column) => [column, rows.reduce((sum, row) => sum + row[column], 0)])
  return Object.fromEntries(sums) as Row
}

/** A row for each worker, and one for all together. */
export function table(reports: readonly WorkerReport[], account: Account): string[] {
  const cells = (title: string, values: readonly (string | number)[]): string =>
    title.padEnd(8) + values.map((value) => String(value).padStart(11)).join('')
  const rows = reports.map(rowOf)
  const values = (row: Row): number[] => columns.map((column) => row[column])
  return [
    cells('worker', columns),
    ...rows.map((row, index) => cells(String(index + 1), values(row))),
    cells('total', values(sumOf(rows))),
    `renewals per expiry: ${perExpiry(account)}`,
  ]
}

/** The figures of all workers together, in a line. */
export function line(reports: readonly WorkerReport[], account: Account): string {
  const { due, waiting, renewals, failures, calls } = sumOf(reports.map(rowOf))
  return `due ${due}, waiting ${waiting}, renewals ${renewals}, failures ${failures}, calls ${calls}, renewals per expiry ${perExpiry(account)}`
}

export function perExpiry({ expiries, tokenRequests }: Account): string {
  return expiries === 0 ? '-' : (tokenRequests / expiries).toFixed(3)
}

/** Prints lines, over those that were printed before. */
export class Screen {
  #drawn = 0

  draw(lines: readonly string[]): void {
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A\r` : ''
    const width = (process.stdout.columns || 100) - 1
    process.stdout.write(`${up}${lines.map((text) => `${text.slice(0, width)}\x1b[K\n`).join('')}\x1b[J`)
    this.#drawn = lines.length
  }
}
