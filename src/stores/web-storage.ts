import { decodeRecord, encodeRecord, isNewerFormat } from '../core/codec.js'
import { systemEnvironment } from '../core/environment.js'
import type { TokenStore, Versioned } from '../core/store.js'

const longestLockMs = 1000

/**
 * Keeps sessions in `localStorage` (shared by all tabs, outlives the browser) or `sessionStorage` (this tab, as long as it
 * lives, and a copy in each tab that is duplicated from it: two holders that know nothing of each other). Everything that
 * runs on the origin can read them there (RFC 10017 section 8).
 *
 * Web Storage knows no transaction, so a swap takes a Web Lock for a moment where the browser has them. That is not quite
 * enough: Chromium shows a tab what another one wrote a moment later, under load up to some 40 ms, lock or no lock. Two
 * tabs that swap within that moment may both win. Where a server takes a refresh token only once, use `indexedDbStore()`.
 */
export function webStorageStore(storage: Storage): TokenStore {
  return {
    durability: 'relaxed',
    read: async (key) => versioned(storage.getItem(key)),
    async swap(key, expected, next) {
      const text = next && `${systemEnvironment.uniqueId()}\n${encodeRecord(next)}`
      return alone(`evergrant write ${key}`, () => {
        const stored = storage.getItem(key)
        const current = versioned(stored)
        if (current?.revision !== expected || isNewerFormat(current?.record)) return { won: false, current }
        if (stored !== null && current?.record.state === 'unreadable') storage.setItem(`${key} corrupt`, stored)
        if (text === undefined) storage.removeItem(key)
        else storage.setItem(key, text)
        return { won: true, revision: text }
      })
    },
    watch(key, onChange) {
      const listener = (event: StorageEvent): void => {
        if (event.storageArea === storage && (event.key === key || event.key === null)) onChange()
      }
      addEventListener('storage', listener)
      return () => removeEventListener('storage', listener)
    },
  }
}

/**
 * The text is its own revision: whatever differs from it was written by somebody else. Its first line is new with each
 * write, so that no state of a session is ever taken for an earlier one.
 */
function versioned(text: string | null): Versioned | undefined {
  return text === null ? undefined : { revision: text, record: decodeRecord(text.slice(text.indexOf('\n') + 1)) }
}

/** Runs `work` while no other tab does. A lock that a frozen page keeps is not waited for: the swap takes microseconds. */
async function alone<T>(name: string, work: () => T): Promise<T> {
  let result: { value: T } | undefined
  const once = (): T => (result ??= { value: work() }).value
  const { locks } = navigator
  if (locks) {
    // It may be refused too: WebKit takes no names beyond 1024 characters.
    await locks.request(name, { signal: AbortSignal.timeout(longestLockMs) }, once).catch(() => undefined)
  }
  return once()
}
