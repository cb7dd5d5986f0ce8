import type { TokenManager } from 'evergrant'
import { runRounds, type Plan, type Round } from './rounds.js'

/** So many that the coarse clock of a page does not matter. */
export const callsPerBatch = 100_000
export const plan: Plan = { warmUpRounds: 3, rounds: 30, timesPerRound: 2 }

/** Nanoseconds of `await getAccessToken()` with a fresh token, and of awaiting an async function that returns a string. */
export function measureCalls(tokens: TokenManager): Promise<Round[]> {
  // Two loops: one loop that is handed the function to call would make the engine optimize both calls less.
  const ours = async (): Promise<number> => {
    const startedAt = performance.now()
    for (let call = 0; call < callsPerBatch; call++) await tokens.getAccessToken()
    return nanosecondsPerCall(startedAt)
  }
  const theirs = async (): Promise<number> => {
    const startedAt = performance.now()
    for (let call = 0; call < callsPerBatch; call++) await plain()
    return nanosecondsPerCall(startedAt)
  }
  return runRounds(plan, ours, theirs)
}

async function plain(): Promise<string> {
  return 'token'
}

function nanosecondsPerCall(startedAt: number): number {
  return ((performance.now() - startedAt) * 1e6) / callsPerBatch
}
