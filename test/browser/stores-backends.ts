import type { TokenStore } from '../../src/core/store.js'
import { encryptedStore } from '../../src/stores/encrypted.js'
import { testStore, type StoreBackend, type StoredContent } from '../../src/testing.js'
import type { StoresPage } from './stores-page.js'

/** A place in the storage of the browser. Its handles live in two realms by turns, as two tabs would have them. */
interface Place {
  readonly name: string
  readonly other: HTMLIFrameElement
  opened: number
}

const corruptRecord = { format: 1, state: 'live', sessionId: 'session', generation: '1' }
const newerRecord = { format: 2, state: 'dancing' }

async function makePlace(): Promise<Place> {
  localStorage.clear()
  sessionStorage.clear()
  const other = document.createElement('iframe')
  const isLoaded = new Promise((resolve) => other.addEventListener('load', resolve))
  other.src = location.href
  document.body.append(other)
  await isLoaded
  return { name: `sessions ${crypto.randomUUID()}`, other, opened: 0 }
}

function realmOf(place: Place): Window & StoresPage {
  return (place.opened++ % 2 === 0 ? window : place.other.contentWindow) as unknown as Window & StoresPage
}

function webStorage(kind: 'localStorage' | 'sessionStorage'): StoreBackend<Place> {
  const storage = (): Storage => window[kind]
  return {
    makePlace,
    open(place) {
      const realm = realmOf(place)
      return realm.evergrant.webStorageStore(realm[kind])
    },
    removePlace: ({ other }) => other.remove(),
    content: {
      plant(_place, key, kind) {
        const text = {
          corrupt: 'stamp\n{"format":1,"sta',
          foreign: 'dark mode',
          newer: `x\n${JSON.stringify(newerRecord)}`,
        }
        storage().setItem(key, text[kind])
      },
      raw: async (_place, key) => storage().getItem(key) ?? undefined,
      setAside: async (_place, key) => storage().getItem(`${key} corrupt`) ?? undefined,
    },
  }
}

const indexedDbContent: StoredContent<Place> = {
  async plant({ name }, key, kind) {
    const values = {
      corrupt: { revision: 'x', record: corruptRecord },
      foreign: ['not', 'a', 'record'],
      newer: { revision: 'x', record: newerRecord },
    }
    await inDatabase(name, (store) => store.put(values[kind], key))
  },
  raw: ({ name }, key) => textOf(name, key),
  setAside: ({ name }, key) => textOf(name, `${key} corrupt`),
}

const indexedDb: StoreBackend<Place> = {
  makePlace,
  open: (place): TokenStore => realmOf(place).evergrant.indexedDbStore(place.name),
  removePlace({ other, name }) {
    other.remove()
    indexedDB.deleteDatabase(name)
  },
  content: indexedDbContent,
  /** Somebody else makes a database of that name with other tables in it. */
  async breakDown({ name }) {
    await settled(indexedDB.deleteDatabase(name))
    const database = await settled(indexedDB.open(name))
    database.close()
  },
}

const key = new Uint8Array(32).fill(7)

/** The same place, where nothing is stored but encrypted. */
function encrypted(backend: StoreBackend<Place>): StoreBackend<Place> {
  return { ...backend, open: async (place) => encryptedStore(await backend.open(place), [key]) }
}

async function textOf(name: string, key: string): Promise<string | undefined> {
  return JSON.stringify(await inDatabase(name, (store) => store.get(key)))
}

/** Goes past the store, over a connection of its own. */
async function inDatabase<T>(name: string, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await settled(indexedDB.open(name))
  const result = await settled(ask(database.transaction('sessions', 'readwrite').objectStore('sessions')))
  database.close()
  return result
}

/** The result of a request to IndexedDB. */
export function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** A case of the conformance suite, to be run in a page. */
export interface Case {
  readonly name: string
  readonly run: () => Promise<void>
}

function casesOf(backend: StoreBackend<Place>): Case[] {
  const cases: Case[] = []
  testStore((name, run) => cases.push({ name, run }), backend)
  return cases
}

/** The suites by the name of their store. Naming their cases needs no page. */
export const suites: Readonly<Record<string, readonly Case[]>> = {
  'indexedDbStore()': casesOf(indexedDb),
  'webStorageStore(localStorage)': casesOf(webStorage('localStorage')),
  'webStorageStore(sessionStorage)': casesOf(webStorage('sessionStorage')),
  'encryptedStore(indexedDbStore())': casesOf(encrypted(indexedDb)),
  'encryptedStore(webStorageStore(localStorage))': casesOf(encrypted(webStorage('localStorage'))),
}
