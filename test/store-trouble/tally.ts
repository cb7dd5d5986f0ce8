import type { RoundFigures } from './round.js'

/** What rounds add up to. */
export interface Figures {
  readonly rounds: number
  readonly tokenRequests: number
  /** Token requests that came while the store was down. */
  readonly spentWhileDown: number
  /** Uses of refresh tokens that the server refused. */
  readonly refused: number
  /** Sessions whose stored refresh token was of no use once the store was back. */
  readonly lost: number
  /** How many rounds each trouble had, and in how many of them the holder knew that the store had failed. */
  readonly troubles: Readonly<Record<string, { readonly rounds: number; readonly known: number }>>
  readonly outageMs: Spread
  /** From the end of an outage until the holder has renewed once more. */
  readonly recoveryMs: Spread
  /** What callers were told before they got their token, and how often. */
  readonly failures: Readonly<Record<string, number>>
  /** What else was not as it should be, and how often. */
  readonly faults: Readonly<Record<string, number>>
}

/** The middle of many values and the highest of them, rounded. */
export interface Spread {
  readonly median: number
  readonly max: number
}

/** Adds up what rounds come to. */
export class Tally {
  readonly #rounds: { readonly trouble: string; readonly figures: RoundFigures }[] = []

  add(trouble: string, figures: RoundFigures): void {
    this.#rounds.push({ trouble, figures })
  }

  figures(): Figures {
    const all = this.#rounds.map(({ figures }) => figures)
    return {
      rounds: all.length,
      tokenRequests: sum(all.map(({ tokenRequests }) => tokenRequests)),
      spentWhileDown: sum(all.map(({ spentWhileDown }) => spentWhileDown)),
      refused: sum(all.map(({ refused }) => refused)),
      lost: all.filter(({ isLost }) => isLost).length,
      troubles: this.#byTrouble(),
      outageMs: spreadOf(all.map(({ outageMs }) => outageMs)),
      recoveryMs: spreadOf(all.map(({ recoveryMs }) => recoveryMs)),
      failures: counted(all.flatMap(({ failures }) => failures)),
      faults: counted(this.#rounds.flatMap(({ trouble, figures }) => figures.faults.map((it) => `${trouble}: ${it}`))),
    }
  }

  #byTrouble(): Figures['troubles'] {
    const byTrouble: Record<string, { rounds: number; known: number }> = {}
    for (const { trouble, figures } of this.#rounds) {
      const entry = (byTrouble[trouble] ??= { rounds: 0, known: 0 })
      entry.rounds++
      if (figures.isKnown) entry.known++
    }
    return byTrouble
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function counted(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.map(Math.round).sort((a, b) => a - b)
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted[sorted.length - 1] ?? 0 }
}
