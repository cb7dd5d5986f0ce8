import type { SessionRecord } from '../core/record.js'
import type { TokenStore, Versioned } from '../core/store.js'

/**
 * Keeps sessions in the memory of this realm: they end with the page or the process. The strictest choice of RFC 10017
 * section 8 for a page. Managers that are given the same store share its sessions.
 */
export function memoryStore(): TokenStore {
  const records = new Map<string, SessionRecord>()
  const watchers = new Map<() => void, string>()
  const found = (key: string): Versioned | undefined => {
    const record = records.get(key)
    return record && { revision: record, record }
  }
  return {
    durability: 'none',
    read: (key) => Promise.resolve(found(key)),
    swap(key, expected, next) {
      const current = found(key)
      if (current?.revision !== expected) return Promise.resolve({ won: false, current })
      if (next) records.set(key, next)
      else records.delete(key)
      for (const [onChange, watched] of watchers) if (watched === key) onChange()
      return Promise.resolve({ won: true, revision: next })
    },
    watch(key, onChange) {
      const own = (): void => onChange()
      watchers.set(own, key)
      return () => void watchers.delete(own)
    },
  }
}
