import type { LiveRecord, SessionRecord } from '../core/record.js'
import type { SwapResult, TokenStore, Versioned } from '../core/store.js'
import { assert } from './assertions.js'

/** Registers a test that gets a place of its own, and opens handles on it. */
export type TestInPlace<Place> = (name: string, run: (open: Open, place: Place) => Promise<void>) => void

/** Opens another handle on the place of a test. */
export type Open = () => Promise<TokenStore>

/** The key that most cases use. */
export const key = 'evergrant https://as.example client default'

/** A session that has been renewed so often. */
export function live(generation: number): LiveRecord {
  return {
    format: 1,
    state: 'live',
    sessionId: 'session',
    generation,
    at: 1_700_000_000_000,
    refreshToken: `refresh ${generation}`,
    accessTokens: { '': { token: 'access', type: 'Bearer', obtainedAt: 1_700_000_000_000.5, lifetimeMs: 3_600_000 } },
  }
}

/** Records of the other states. */
export const ended: SessionRecord = {
  format: 1,
  state: 'ended',
  sessionId: 'session',
  generation: 2,
  at: 1,
  reason: 'lost_in_flight',
}
export const signedOut: SessionRecord = { format: 1, state: 'signed_out', sessionId: 'session', generation: 2, at: 1 }

/** The generation of a session; 0 when there is none. */
export function generationOf(found: Versioned | undefined): number {
  return found?.record.state === 'live' ? found.record.generation : 0
}

/** The result of a swap that must have won. */
export function winner(result: SwapResult): Extract<SwapResult, { won: true }> {
  assert(result.won, 'the swap should have won')
  return result
}

/** What is there instead, after a swap that must have lost. */
export function loser(result: SwapResult): Versioned | undefined {
  assert(!result.won, 'the swap should have lost')
  return result.current
}
