import type { Snapshot, TokenManager } from 'evergrant/browser'
import { onScopeDispose, shallowReadonly, shallowRef, type ShallowRef } from 'vue'

export function useSession(tokens: TokenManager): Readonly<ShallowRef<Snapshot>> {
  const session = shallowRef(tokens.getSnapshot())
  onScopeDispose(tokens.subscribe(() => (session.value = tokens.getSnapshot())))
  return shallowReadonly(session)
}
