import type { AuthorizationServer } from 'evergrant/testing'

/** What the server knows of the fleet. */
export interface Account {
  /** Access tokens that were due when they were replaced. */
  readonly expiries: number
  readonly tokenRequests: number
  /** Refresh tokens that were refused. */
  readonly refused: number
}

/** A token is due when a quarter of its life is left, or up to a fifth of that earlier: holders differ a little. */
const earliestDue = 1 - 0.25 * 1.2
/** How much longer one request may be on its way than the next. */
const toleranceMs = 1000

/** Counts at the server, which nothing escapes. `signedInAt` are the times of the sign-ins, in their order. */
export function settleAccount(
  { redemptions, tokenRequests }: Pick<AuthorizationServer, 'redemptions' | 'tokenRequests'>,
  signedInAt: readonly number[],
  accessTokenSeconds: number,
): Account {
  const lastAt = [...signedInAt]
  const soonestMs = accessTokenSeconds * 1000 * earliestDue - toleranceMs
  let [expiries, refused] = [0, 0]
  for (const { at, family = -1, outcome } of redemptions) {
    if (outcome !== 'accepted') refused++
    else if (at - (lastAt[family] ?? Infinity) >= soonestMs) expiries++
    if (outcome === 'accepted') lastAt[family] = at
  }
  return { expiries, tokenRequests, refused }
}
