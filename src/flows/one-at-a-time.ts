import type { TokenManager } from '../core/token-manager.js'

/** What a flow is doing, for the managers that it is under way for. */
export type UnderWay<T> = WeakMap<TokenManager, Promise<T>>

/** Begins a flow, or joins it: a page that asks twice, by a double click or in a development mode, gets one outcome. */
export function oneAtATime<T>(underWay: UnderWay<T>, tokens: TokenManager, begin: () => Promise<T>): Promise<T> {
  const outcome = underWay.get(tokens) ?? begin().finally(() => underWay.delete(tokens))
  underWay.set(tokens, outcome)
  return outcome
}
