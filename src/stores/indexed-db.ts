import { promisifyRequest } from 'idb-keyval'
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
  const recovering = connectionTo(name)
  return {
    durability: 'strict',
    read: (key) =>
      recovering((db) => {
        const transaction = db.transaction(table)
        const request = transaction.objectStore(table).get(key)
        transaction.commit()
        return promisifyRequest(request).then(versioned)
      }),
    async swap(key, expected, next) {
      const written = next && { revision: systemEnvironment.uniqueId(), record: next }
      const result = await recovering((db) => swap(db, key, expected, written))
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

type Operation<T> = (db: IDBDatabase) => Promise<T>

/** Makes what runs operations on a database. Opening may fail, and everything may hang: a new connection gets one more chance. */
function connectionTo(name: string): <T>(operation: Operation<T>) => Promise<T> {
  let current: Promise<IDBDatabase> | undefined

  /** Another tab may delete or upgrade the database, and browsers close it as they like: the next operation opens it anew. */
  const connect = (): Promise<IDBDatabase> => {
    const connection = open(name)
    const giveUp = (): void => forget(connection)
    connection.then((db) => (db.onclose = db.onversionchange = giveUp), giveUp)
    return connection
  }

  /** A connection that is given up is closed, should it ever open or come back to life. */
  const forget = (connection: Promise<IDBDatabase>): void => {
    if (current === connection) current = undefined
    connection.then((db) => db.close()).catch(() => undefined)
  }

  const attempt = async <T>(operation: Operation<T>): Promise<T> => {
    const connection = (current ??= connect())
    let isLate = false
    const begin = (db: IDBDatabase): Promise<T> => {
      if (isLate) throw noAnswer()
      return operation(db)
    }
    try {
      return await within(systemEnvironment, operationMs, connection.then(begin), noAnswer)
    } catch (error) {
      // Whoever asked is told that it failed: what is done after that would be announced to nobody.
      isLate = true
      forget(connection)
      throw error
    }
  }

  return async (operation) => {
    if (!isHere())
      throw new EvergrantError(
        'storage_failed',
        'there is no IndexedDB here: servers, and tests without a browser, use memoryStore()',
      )
    return attempt(operation).catch(() => attempt(operation))
  }
}

/** Not where pages are rendered on a server. */
function isHere(): boolean {
  return 'indexedDB' in globalThis
}

async function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name)
  request.onupgradeneeded = () => request.result.createObjectStore(table)
  return promisifyRequest(request)
}

/** Compares and writes in one transaction. */
async function swap(
  db: IDBDatabase,
  key: string,
  expected: Revision | undefined,
  written: Envelope | undefined,
): Promise<SwapResult> {
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

function noAnswer(): EvergrantError {
  return new EvergrantError('storage_failed', 'IndexedDB gives no answer; another tab may block it')
}
