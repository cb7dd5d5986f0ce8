/** How evenly something came. */
export interface Rate {
  readonly count: number
  /** From the beginning to the last. */
  readonly seconds: number
  /** A second, over all that time. */
  readonly mean: number
  /** The most that came within one second, wherever that second begins. */
  readonly peak: number
  readonly peakToMean: number
  /** How many came in each second, from the beginning on. */
  readonly perSecond: readonly number[]
}

const windowMs = 1000

/** @param times in milliseconds, in any order; `from` is when counting begins, the first of them by default */
export function rateOf(times: readonly number[], from?: number): Rate {
  const sorted = times.toSorted((one, other) => one - other)
  const startsAt = from ?? sorted[0] ?? 0
  const seconds = ((sorted.at(-1) ?? startsAt) - startsAt) / 1000
  const mean = seconds > 0 ? sorted.length / seconds : 0
  const peak = busiestWindow(sorted)
  const perSecond: number[] = []
  for (const at of sorted) {
    const second = Math.floor((at - startsAt) / 1000)
    while (perSecond.length <= second) perSecond.push(0)
    perSecond[second] = (perSecond[second] ?? 0) + 1
  }
  return { count: sorted.length, seconds, mean, peak, peakToMean: mean > 0 ? peak / mean : 0, perSecond }
}

function busiestWindow(sorted: readonly number[]): number {
  let [most, first] = [0, 0]
  sorted.forEach((at, index) => {
    while ((sorted[first] ?? at) <= at - windowMs) first++
    most = Math.max(most, index - first + 1)
  })
  return most
}
