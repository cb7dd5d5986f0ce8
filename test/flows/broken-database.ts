/** How IndexedDB may fail a page. */
export type Breakage = 'missing' | 'throws' | 'fails' | 'full'

const { indexedDB } = window
const open = IDBFactory.prototype.open
const put = IDBObjectStore.prototype.put

const breakages: Readonly<Record<Breakage, () => void>> = {
  // As in a browser that has none.
  missing: () => define(undefined),
  // As in a frame that may not store anything.
  throws: () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    }
  },
  // As with a profile that is damaged.
  fails: () => {
    IDBFactory.prototype.open = () => {
      const request = new EventTarget()
      const error = new DOMException('Internal error opening backing store.', 'UnknownError')
      setTimeout(() => (request as IDBOpenDBRequest).onerror?.(new Event('error')))
      return Object.assign(request, { error, onerror: null, onsuccess: null }) as IDBOpenDBRequest
    }
  },
  // As on a full disk.
  full: () => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
    }
  },
}

function define(value: IDBFactory | undefined): void {
  Object.defineProperty(window, 'indexedDB', { value, configurable: true, writable: true })
}

/** Lets the database work again. */
export function mendDatabase(): void {
  define(indexedDB)
  IDBFactory.prototype.open = open
  IDBObjectStore.prototype.put = put
}

/** The address says what is broken, so that it is so from the start, on each page that the tab comes to. */
const breakage = new URLSearchParams(location.search).get('database') as Breakage | null
if (breakage) breakages[breakage]()
