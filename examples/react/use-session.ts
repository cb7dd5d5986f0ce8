import type { Snapshot } from 'evergrant/browser'
import { useSyncExternalStore } from 'react'
import { tokens } from '../common/session.js'

/** The state of the session. A component that uses it is rendered anew whenever it changes, in whichever tab. */
export function useSession(): Snapshot {
  return useSyncExternalStore(tokens.subscribe, tokens.getSnapshot, tokens.getSnapshot)
}
