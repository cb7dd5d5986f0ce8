/** How often something is measured. */
export interface Plan {
  readonly warmUpRounds: number
  readonly rounds: number
  /** How often each side is measured in a round; even, so that each is first as often as the other. */
  readonly timesPerRound: number
}

/** What was measured on each side within a short time. */
export interface Round {
  readonly ours: readonly number[]
  readonly theirs: readonly number[]
}

type Measure = () => Promise<number>

/** Measures both sides in turns, so that a machine which is slow for a while is slow for both. */
export async function runRounds(plan: Plan, measureOurs: Measure, measureTheirs: Measure): Promise<Round[]> {
  const rounds: Round[] = []
  for (let number = 1 - plan.warmUpRounds; number <= plan.rounds; number++) {
    const ours: number[] = []
    const theirs: number[] = []
    while (ours.length < plan.timesPerRound) {
      const isOursFirst = ours.length % 2 === 0
      if (isOursFirst) ours.push(await measureOurs())
      theirs.push(await measureTheirs())
      if (!isOursFirst) ours.push(await measureOurs())
    }
    if (number > 0) rounds.push({ ours, theirs })
  }
  return rounds
}

/** The middle of many values and how far they go. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/**
 * What rounds come to: all values of each side, and how many times theirs ours are and by how much they are more, which
 * each round says anew.
 */
export interface Comparison {
  readonly ours: Spread
  readonly theirs: Spread
  readonly ratio: Spread
  readonly difference: Spread
}

/** Compares the medians of each round. */
export function compare(rounds: readonly Round[]): Comparison {
  return {
    ours: spreadOf(rounds.flatMap(({ ours }) => ours)),
    theirs: spreadOf(rounds.flatMap(({ theirs }) => theirs)),
    ratio: spreadOf(rounds.map(({ ours, theirs }) => spreadOf(ours).median / spreadOf(theirs).median)),
    difference: spreadOf(rounds.map(({ ours, theirs }) => spreadOf(ours).median - spreadOf(theirs).median)),
  }
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? NaN
  const middle = (sorted.length - 1) / 2
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) }
}
