import { DestroyRef, inject, signal, type Signal } from '@angular/core'
import type { Snapshot, TokenManager } from 'evergrant/browser'

export function injectSession(tokens: TokenManager): Signal<Snapshot> {
  const session = signal(tokens.getSnapshot())
  inject(DestroyRef).onDestroy(tokens.subscribe(() => session.set(tokens.getSnapshot())))
  return session.asReadonly()
}
