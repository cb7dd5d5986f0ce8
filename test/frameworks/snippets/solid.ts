import type { Snapshot, TokenManager } from 'evergrant/browser'
import { createSignal, onCleanup, type Accessor } from 'solid-js'

export function createSession(tokens: TokenManager): Accessor<Snapshot> {
  const [session, setSession] = createSignal(tokens.getSnapshot())
  onCleanup(tokens.subscribe(() => setSession(tokens.getSnapshot())))
  return session
}
