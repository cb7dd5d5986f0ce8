import type { Figures } from './tally.js'

/** What of a run is not as promised. */
export function findFaults(figures: Figures): string[] {
  const { rounds, spentWhileDown, refused, lost, troubles, faults } = figures
  const unknown = Object.keys(troubles).filter((name) => troubles[name]?.known === 0)
  const checks: [string, boolean][] = [
    [`${spentWhileDown} token requests came while the store was down`, spentWhileDown > 0],
    [`${lost} of ${rounds} sessions were lost`, lost > 0],
    [`${refused} refresh tokens were refused`, refused > 0],
    [`in no round a holder knew of this: ${unknown.join(', ')}`, unknown.length > 0],
  ]
  const missed = checks.filter(([, isFault]) => isFault).map(([fault]) => fault)
  return [...missed, ...Object.entries(faults).map(([fault, count]) => `${count} times: ${fault}`)]
}
