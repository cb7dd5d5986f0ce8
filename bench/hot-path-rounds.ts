import type { TokenManager } from 'evergrant'
import { runRounds, type Plan, type Round } from './rounds.js'

/** So many that the engine optimizes all it can, and that the coarse clock of a page does not matter. */
export const callsPerBatch = 100_000
export const plan: Plan = { warmUpRounds: 3, rounds: 30, timesPerRound: 2 }

/** What is compared, in nanoseconds a call. */
export interface Calls {
  /** With awaiting an async function that returns a string. */
  readonly withPlain: readonly Round[]
  /** With awaiting one that reads the clock before. */
  readonly withClock: readonly Round[]
}

/** Awaits `getAccessToken()` with a fresh token. */
export async function measureCalls(tokens: TokenManager): Promise<Calls> {
  const ours = (): Promise<number> => timeOurs(tokens, callsPerBatch)
  const clock = async (): Promise<number> => {
    const startedAt = performance.now()
    for (let call = 0; call < callsPerBatch; call++) await afterClock()
    return nanosecondsPerCall(startedAt, callsPerBatch)
  }
  return {
    withPlain: await runRounds(plan, ours, () => timePlain(callsPerBatch)),
    withClock: await runRounds(plan, ours, clock),
  }
}

// A loop for each: one loop that is handed the function to call would make the engine optimize all of them less.

/** Nanoseconds of each of `calls` calls of `getAccessToken()`. */
export async function timeOurs(tokens: TokenManager, calls: number): Promise<number> {
  const startedAt = performance.now()
  for (let call = 0; call < calls; call++) await tokens.getAccessToken()
  return nanosecondsPerCall(startedAt, calls)
}

/** The same of an async function that returns a string. */
export async function timePlain(calls: number): Promise<number> {
  const startedAt = performance.now()
  for (let call = 0; call < calls; call++) await plain()
  return nanosecondsPerCall(startedAt, calls)
}

async function plain(): Promise<string> {
  return 'token'
}

async function afterClock(): Promise<string> {
  return Date.now() > 0 ? 'token' : ''
}

function nanosecondsPerCall(startedAt: number, calls: number): number {
  return ((performance.now() - startedAt) * 1e6) / calls
}
