import { joinTokenManager, type TokenManagerOptions } from './create-token-manager.js'
import type { TokenManager } from './core/token-manager.js'
import { webLocks } from './locks/web-locks.js'
import { watchWake } from './signals/wake.js'
import { indexedDbStore } from './stores/indexed-db.js'

/** The options of a page. A page cannot keep a secret, so its client is public. */
export type BrowserTokenManagerOptions = Omit<TokenManagerOptions, 'clientAuth'>

/** Makes a token manager for a page. Its session lives in IndexedDB, shared by all tabs, unless `store` says otherwise. */
export function createTokenManager(options: BrowserTokenManagerOptions): TokenManager {
  return joinTokenManager(options, { store: indexedDbStore(), lock: webLocks, watchWake })
}

export { EvergrantError, isEvergrantError } from './core/errors.js'
export { memoryStore } from './stores/memory.js'
export { indexedDbStore } from './stores/indexed-db.js'
export { webStorageStore } from './stores/web-storage.js'
