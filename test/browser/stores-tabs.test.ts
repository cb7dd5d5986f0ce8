import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ChromiumTab } from '../support/engines/chromium.js'
import { engineNames, type Engine, type Tab } from '../support/engines/engine.js'
import { useChromium, useEngine } from '../support/engines/use-engine.js'
import { servePage, type PageServer } from '../support/page.js'
import type { StoresPage } from './stores-page.js'

interface PageState {
  connections: Set<IDBDatabase>
  durabilities: string[]
  foreign?: IDBDatabase
  /** How long the last step took. */
  stepMs: number
  climbing: Promise<number[]>
}

type PageWindow = Window & StoresPage & PageState
declare const window: PageWindow

let server: PageServer
let [one, other] = [] as unknown as [Tab, Tab]
let databases = 0
let name = ''

beforeAll(async () => {
  server = await servePage(new URL('./stores-page.ts', import.meta.url))
})

afterAll(() => server?.close())

/** Opens two tabs for a test; returns what closes them. */
async function openTabs(engine: Engine): Promise<() => Promise<void>> {
  name = `sessions ${databases++}`
  ;[one, other] = [await engine.openTab(server.url), await engine.openTab(server.url)]
  for (const tab of [one, other]) await keepTrack(tab)
  return async () => {
    await one.close()
    await other.close()
  }
}

/** Lets a page keep track of its connections to IndexedDB, and of what its transactions promise. */
function keepTrack(tab: Tab): Promise<void> {
  return tab.evaluate(() => {
    window.connections = new Set()
    window.durabilities = []
    const { transaction } = IDBDatabase.prototype
    IDBDatabase.prototype.transaction = function (...args) {
      window.connections.add(this)
      const made = transaction.apply(this, args)
      if (made.mode === 'readwrite') window.durabilities.push(made.durability)
      return made
    }
  })
}

/** Lets nobody open the database until a tab closes its foreign connection. */
function block(tab: Tab): Promise<void> {
  return tab.evaluate(async (name) => {
    const request = indexedDB.open(name)
    await new Promise((resolve) => (request.onsuccess = resolve))
    window.foreign = request.result
    indexedDB.deleteDatabase(name)
  }, name)
}

/** How many of its connections a page has not closed. */
function openConnections(tab: Tab): Promise<number> {
  return tab.evaluate(
    () =>
      [...window.connections].filter((connection) => {
        try {
          return connection.transaction('sessions')
        } catch {
          return false
        }
      }).length,
  )
}

/** Writes the next generation of a session in a tab; resolves to what was there before. */
function step(tab: Tab): Promise<number | undefined> {
  return tab.evaluate(async (name) => {
    const page = window as PageWindow & { store?: ReturnType<PageWindow['evergrant']['indexedDbStore']> }
    const store = (page.store ??= page.evergrant.indexedDbStore(name))
    const startedAt = performance.now()
    try {
      const found = await store.read('key')
      const generation = found?.record.state === 'live' ? found.record.generation : undefined
      const { won } = await store.swap('key', found?.revision, page.live((generation ?? 0) + 1))
      if (!won) throw new Error('the swap lost')
      return generation
    } finally {
      page.stepMs = performance.now() - startedAt
    }
  }, name)
}

/** How many milliseconds the last step of a tab took there, without the way to the tab and back. */
function lastStepMs(tab: Tab): Promise<number> {
  return tab.evaluate(() => window.stepMs)
}

/** Deletes or upgrades the database from a tab, past the store; resolves to whether anybody stood in the way. */
function take(tab: Tab, how: 'delete' | 'upgrade'): Promise<{ wasBlocked: boolean }> {
  return tab.evaluate(
    (name, how) =>
      new Promise((resolve, reject) => {
        const request = how === 'delete' ? indexedDB.deleteDatabase(name) : indexedDB.open(name, 2)
        let wasBlocked = false
        request.onblocked = () => (wasBlocked = true)
        request.onerror = () => reject(request.error)
        request.onsuccess = () => {
          if (how === 'upgrade') request.result.close()
          resolve({ wasBlocked })
        }
      }),
    name,
    how,
  )
}

describe.each(engineNames)('in %s', (engineName) => {
  const engine = useEngine(engineName)
  beforeEach(() => openTabs(engine()))

  describe('indexedDbStore()', () => {
    test('gives way to another tab that deletes its database, and starts anew', async () => {
      await step(one)
      await step(other)
      expect(await take(other, 'delete')).toEqual({ wasBlocked: false })
      expect(await step(one)).toBeUndefined()
      expect(await step(other)).toBe(1)
    })

    test('gives way also when it has only read', async () => {
      await one.evaluate(async (name) => {
        await window.evergrant.indexedDbStore(name).read('key')
      }, name)
      expect(await take(other, 'delete')).toEqual({ wasBlocked: false })
    })

    test('gives way to another tab that upgrades its database, and goes on in the new one', async () => {
      await step(one)
      expect(await take(other, 'upgrade')).toEqual({ wasBlocked: false })
      expect([await step(one), await step(other), await step(one)]).toEqual([1, 2, 3])
    })

    test('goes on when its connection was closed without a word', async () => {
      await step(one)
      for (let closed = 0; closed < 3; closed++) {
        await one.evaluate(() => window.connections.forEach((connection) => connection.close()))
        expect(await step(one)).toBe(closed + 1)
      }
    })

    test('recovers within the same call when the first opening fails, and in the next one when the second does too', async () => {
      const outcomes = await one.evaluate(async (name) => {
        await new Promise((resolve) => (indexedDB.open(name, 3).onsuccess = resolve))
        const { open } = IDBFactory.prototype
        const outcomes: string[] = []
        for (const failures of [1, 2]) {
          const [own, store] = [`${name} ${failures}`, window.evergrant.indexedDbStore(`${name} ${failures}`)]
          let left = failures
          // The version of the other database is higher, so this fails as openings do.
          IDBFactory.prototype.open = function (wanted) {
            return wanted === own && left-- > 0 ? open.call(this, name, 1) : open.call(this, wanted)
          }
          for (let call = 0; call < 2; call++) {
            outcomes.push(
              await store.read('key').then(
                (value) => String(value),
                (error: Error) => error.name,
              ),
            )
          }
        }
        return outcomes
      }, name)
      expect(outcomes).toEqual(['undefined', 'undefined', 'VersionError', 'undefined'])
    })

    test('fails within five seconds while another tab blocks it, works afterwards, and leaves no connection behind', async () => {
      await step(one)
      await one.reload()
      await keepTrack(one)
      await block(other)
      await expect(step(one)).rejects.toThrow('IndexedDB gives no answer')
      expect(await lastStepMs(one)).toBeLessThan(5000)
      await other.evaluate(() => window.foreign?.close())
      expect(await step(one)).toBeUndefined()
      expect(await step(other)).toBe(1)
      expect(await openConnections(one)).toBe(1)
    })

    test('writes nothing later when it could not be opened in time: its caller has been told that it failed', async () => {
      await step(one)
      await one.reload()
      await block(other)
      const told = await one.evaluate((name) => {
        const swapping = window.evergrant.indexedDbStore(name).swap('late', undefined, window.live(1))
        return swapping.catch((error: Error) => error.message)
      }, name)
      expect(told).toContain('IndexedDB gives no answer')
      await other.evaluate(() => window.foreign?.close())
      expect(await one.evaluate((name) => window.evergrant.indexedDbStore(name).read('late'), name)).toBeFalsy()
    })

    test('leaves no connection behind for each write that fails, as on a full disk', async () => {
      await step(one)
      await one.evaluate(() => {
        IDBObjectStore.prototype.put = () => {
          throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
        }
      })
      for (let write = 0; write < 5; write++) await expect(step(one)).rejects.toThrow('quota')
      expect(await openConnections(one)).toBeLessThanOrEqual(1)
    })

    test('asks for strict durability with every swap', async () => {
      await step(one)
      await step(one)
      expect(await one.evaluate(() => window.durabilities)).toEqual(['strict', 'strict'])
    })

    test('blocks no other tab when its page goes away, perhaps to come back, while it reads and writes', async () => {
      await step(other)
      for (let round = 0; round < 5; round++) {
        await one.evaluate((name) => void window.climb(window.evergrant.indexedDbStore(name), 1_000_000), name)
        await one.goto(`${server.url}elsewhere`)
        await step(other)
        expect(await lastStepMs(other)).toBeLessThan(1000)
      }
    })

    test('P-053 lets exactly one of two tabs win each of 200 swaps', async () => {
      // Ready to begin as soon as the first tab has.
      await other.evaluate((name) => {
        const store = window.evergrant.indexedDbStore(name)
        const begin = async (): Promise<number[]> => {
          let found = await store.read('key')
          while (!found) found = await store.read('key')
          return window.climb(store, 200)
        }
        window.climbing = begin()
      }, name)
      const ones = await one.evaluate((name) => window.climb(window.evergrant.indexedDbStore(name), 200), name)
      const others = await other.evaluate(() => window.climbing)
      expect([...ones, ...others].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
      expect(Math.min(ones.length, others.length)).toBeGreaterThan(0)
    })
  })

  describe('webStorageStore(localStorage)', () => {
    test('rejects when the storage is full, and keeps what it had', async () => {
      const outcome = await one.evaluate(async () => {
        localStorage.clear()
        const store = window.evergrant.webStorageStore(localStorage)
        await store.swap('key', undefined, window.live(1))
        const fill = (size: number): void => {
          try {
            for (let index = 0; ; index++) localStorage.setItem(`junk ${size} ${index}`, 'x'.repeat(size))
          } catch {
            // It is full for this size.
          }
        }
        for (const size of [1_000_000, 10_000, 100, 1]) fill(size)
        const revision = (await store.read('key'))?.revision
        const next = { ...window.live(2), refreshToken: 'x'.repeat(1000) }
        const failure = await store.swap('key', revision, next).catch((error: Error) => error.name)
        const kept = (await store.read('key'))?.record
        localStorage.removeItem('junk 1000000 0')
        const { won } = await store.swap('key', revision, next)
        localStorage.clear()
        return { failure, kept, won }
      })
      expect(outcome).toEqual({
        failure: 'QuotaExceededError',
        kept: await one.evaluate(() => window.live(1)),
        won: true,
      })
    })
  })
})

// The protocols of the other engines have no command for that.
describe('indexedDbStore() in chromium', () => {
  const engine = useChromium()
  beforeEach(() => openTabs(engine()))

  test('goes on when the browser has thrown its data away', async () => {
    await step(one)
    await step(other)
    const { page } = one as ChromiumTab
    const devTools = await page.context().newCDPSession(page)
    await devTools.send('Storage.clearDataForOrigin', { origin: new URL(server.url).origin, storageTypes: 'indexeddb' })
    expect(await step(one)).toBeUndefined()
    expect(await step(other)).toBe(1)
  })
})
