import type { TokenStore, Versioned } from '../core/store.js'

/**
 * Keeps sessions in the memory of this realm: they end with the page or the process. The strictest choice of RFC 10017
 * section 8 for a page. Managers that are given the same store share its sessions.
 */
export function memoryStore(): TokenStore {
  const sessions = new Map<string, Versioned>()
  const watchers = new Map<() => void, string>()
  return {
    durability: 'none',
    read: (key) => Promise.resolve(sessions.get(key)),
    swap(key, expected, next) {
      const current = sessions.get(key)
      if (current?.revision !== expected) return Promise.resolve({ won: false, current })
      const written = next && { revision: Symbol(), record: next }
      if (written) sessions.set(key, written)
      else sessions.delete(key)
      for (const [onChange, watched] of watchers) if (watched === key) onChange()
      return Promise.resolve({ won: true, revision: written?.revision })
    },
    watch(key, onChange) {
      const own = (): void => onChange()
      watchers.set(own, key)
      return () => void watchers.delete(own)
    },
  }
}
