import type { Snapshot, TokenManager } from 'evergrant/browser'
import { createSubscriber } from 'svelte/reactivity'

export function createSession(tokens: TokenManager): { readonly current: Snapshot } {
  const follow = createSubscriber((update) => tokens.subscribe(update))
  return {
    get current() {
      follow()
      return tokens.getSnapshot()
    },
  }
}
