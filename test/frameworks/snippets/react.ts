import type { Snapshot, TokenManager } from 'evergrant/browser'
import { useSyncExternalStore } from 'react'

const onServer: Snapshot = { status: 'starting', error: undefined }

export function useSession(tokens: TokenManager): Snapshot {
  return useSyncExternalStore(tokens.subscribe, tokens.getSnapshot, () => onServer)
}
