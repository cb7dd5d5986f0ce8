/**
 * Clocks of a page that can be made to jump. Has to be the first import of the program, for nothing may have looked at the
 * real ones before.
 */

/** What the clocks of a machine do that has slept. */
export interface Jump {
  /** When, by the real wall clock, in milliseconds since 1970: so that all tabs jump in the same instant. */
  readonly at: number
  readonly ms: number
  /** Whether `performance.now()` goes on while the machine sleeps. It does on some systems. */
  readonly isMonotonic: boolean
}

const jumps: Jump[] = []
const realNow = Date.now.bind(Date)

/** `performance.now()` as it would be without jumps. */
export const realMonotonic: () => number = performance.now.bind(performance)

Date.now = () => realNow() + jumped(jumps)
performance.now = () => realMonotonic() + jumped(jumps.filter(({ isMonotonic }) => isMonotonic))

/** Lets the clocks of this page jump; resolves when they have. */
export async function jumpClocks(jump: Jump): Promise<void> {
  jumps.push(jump)
  while (realNow() < jump.at) await new Promise((resolve) => setTimeout(resolve, 1))
}

function jumped(jumps: readonly Jump[]): number {
  const now = realNow()
  return jumps.reduce((sum, { at, ms }) => (now >= at ? sum + ms : sum), 0)
}
