import { createStore, promisifyRequest, type UseStore } from 'idb-keyval'
import { checkRecord, isNewerFormat } from '../core/codec.js'
import { systemEnvironment, within } from '../core/environment.js'
import { EvergrantError } from '../core/errors.js'
import type { SessionRecord } from '../core/record.js'
import type { Revision, SwapResult, TokenStore, Versioned } from '../core/store.js'

const table = 'sessions'
const operationMs = 2000

/** What lies under a key. Records are kept as values, not as text, so that keys which cannot be exported fit too. */
interface Envelope {
  readonly revision: string
  readonly record: SessionRecord
}

/**
 * Keeps sessions in IndexedDB: shared by all tabs of the origin, and a swap counts once it is on the disk. Everything
 * that runs on the origin can read them there (RFC 10017 section 8).
 *
 * @param name of the database; a database of that name must have been made by this function
 */
export function indexedDbStore(name = 'evergrant'): TokenStore {
  let useStore: UseStore | undefined

  /** Browsers close databases as they like, and opening may fail or hang: a new connection gets one more chance. */
  const recovering = async <T>(operation: (useStore: UseStore) => Promise<T>): Promise<T> => {
    if (!isHere()) throw new EvergrantError('storage_failed', 'there is no IndexedDB here; a server uses memoryStore()')
    for (let isLast = false; ; isLast = true) {
      const use = (useStore ??= createStore(name, table))
      let db: IDBDatabase | undefined
      const useOpened: UseStore = (mode, work) =>
        use(mode, (store) => {
          db = openedBy(store)
          return work(store)
        })
      try {
        return await within(systemEnvironment, operationMs, operation(useOpened), () => stuck(use))
      } catch (error) {
        db?.close()
        if (useStore === use) useStore = undefined
        if (isLast) throw error
      }
    }
  }

  return {
    durability: 'strict',
    read: (key) =>
      recovering((use) =>
        use('readonly', async (store) => {
          const request = store.get(key)
          store.transaction.commit()
          return versioned(await promisifyRequest(request))
        }),
      ),
    async swap(key, expected, next) {
      const written = next && { revision: systemEnvironment.uniqueId(), record: next }
      const result = await recovering((use) => swap(use, key, expected, written))
      if (result.won) announce(name, key)
      return result
    },
    watch(key, onChange) {
      if (!isHere()) return () => undefined
      const channel = new BroadcastChannel(name)
      channel.onmessage = ({ data }) => data === key && onChange()
      return () => channel.close()
    },
  }
}

/** Not where pages are rendered on a server. */
function isHere(): boolean {
  return 'indexedDB' in globalThis
}

/** The database, which another tab may delete or upgrade; the next operation opens it anew. */
function openedBy({ transaction: { db } }: IDBObjectStore): IDBDatabase {
  db.onversionchange = () => db.close()
  return db
}

/** Compares and writes in one transaction. The library opens the database but does not ask for strict durability. */
async function swap(
  use: UseStore,
  key: string,
  expected: Revision | undefined,
  written: Envelope | undefined,
): Promise<SwapResult> {
  const { db } = (await use('readonly', (store) => store)).transaction
  const transaction = db.transaction(table, 'readwrite', { durability: 'strict' })
  const store = transaction.objectStore(table)
  const stay = abortOnLeaving(transaction)
  const found: unknown = await promisifyRequest(store.get(key)).finally(stay)
  const current = versioned(found)
  // What is there may be our own, when an earlier attempt got through and only its answer was lost.
  if (current && written && current.revision === written.revision) return { won: true, revision: written.revision }
  if (current?.revision !== expected || isNewerFormat(current?.record)) return { won: false, current }
  if (current?.record.state === 'unreadable') store.put(found, `${key} corrupt`)
  if (written) store.put(written, key)
  else store.delete(key)
  transaction.commit()
  await promisifyRequest(transaction)
  return { won: true, revision: written?.revision }
}

/**
 * WebKit keeps a page with an open transaction in its back/forward cache, and lets all other tabs wait until it comes back.
 * So every transaction is committed as soon as its last request is made, and what cannot be yet is aborted on leaving.
 * Returns a function that ends that.
 */
function abortOnLeaving(transaction: IDBTransaction): () => void {
  const abort = (): void => transaction.abort()
  globalThis.addEventListener?.('pagehide', abort)
  return () => globalThis.removeEventListener?.('pagehide', abort)
}

/** Foreign content has no revision of its own; `null` stands for any. */
function versioned(value: unknown): Versioned | undefined {
  if (value === undefined) return undefined
  const { revision, record } = Object(value) as { revision?: unknown; record?: unknown }
  return { revision: typeof revision === 'string' ? revision : null, record: checkRecord(record) }
}

/** Tells the other holders to look. The message is the key of the record, which names the server and the client only. */
function announce(name: string, key: string): void {
  try {
    const channel = new BroadcastChannel(name)
    channel.postMessage(key)
    channel.close()
  } catch {
    // Where site data are blocked there is nobody to tell. The swap has been made.
  }
}

/** A connection that is given up is closed, should it ever open or come back to life. */
function stuck(use: UseStore): EvergrantError {
  use('readonly', ({ transaction }) => transaction.db.close()).catch(() => undefined)
  return new EvergrantError('storage_failed', 'IndexedDB gives no answer; another tab may block it')
}
