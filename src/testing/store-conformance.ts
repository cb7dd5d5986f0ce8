import type { TokenStore } from '../core/store.js'
import { assert, assertRejects, assertSame } from './assertions.js'
import { key, live, loser, winner, type TestInPlace } from './store-case.js'
import { testContenders, testKeys, testRecords, testRevisions, testSwaps, testWatching } from './store-cases.js'

/** Registers a test, as the test runner of your choice does. */
export type RegisterTest = (name: string, run: () => Promise<void>) => void

/**
 * How the suite reaches a store and what lies behind it. A `Place` is wherever handles meet: a folder, a database, a
 * server. The optional members let the suite test what happens when something goes wrong; without them it leaves that out.
 */
export interface StoreBackend<Place> {
  /** Makes a place where nothing is stored. */
  makePlace(): Place | Promise<Place>
  /** Opens another handle on a place, as another tab or process would. */
  open(place: Place): TokenStore | Promise<TokenStore>
  /** Removes the place and closes its handles. */
  removePlace?(place: Place): void | Promise<void>
  /** What goes past the store, straight to what it keeps. */
  readonly content?: StoredContent<Place>
  /** Lets every operation of the backend fail from now on. */
  breakDown?(place: Place): void | Promise<void>
}

/** The ways around a store. */
export interface StoredContent<Place> {
  /**
   * Puts something under `key`: a record that was damaged, something that was never a record, or a record of the next
   * format, which is `{ "format": 2 }` in the store's own wrapping.
   */
  plant(place: Place, key: string, kind: 'corrupt' | 'foreign' | 'newer'): void | Promise<void>
  /** What is under `key`, as text that is the same exactly when nothing has changed. */
  raw(place: Place, key: string): Promise<string | undefined>
  /** What was found unusable under `key` and kept, in the same form. */
  setAside(place: Place, key: string): Promise<string | undefined>
}

/**
 * Checks a store against the contract of {@link TokenStore}: registers its cases with `test`, one after the other. Runs
 * wherever the store does; it needs no test runner.
 *
 * @example
 * testStore(test, { makePlace: () => mkdtemp('sessions-'), open: (folder) => fileStore(`${folder}/session.json`) })
 */
export function testStore<Place>(test: RegisterTest, backend: StoreBackend<Place>): void {
  const { content, breakDown } = backend
  const inPlace: TestInPlace<Place> = (name, run) =>
    test(name, async () => {
      const place = await backend.makePlace()
      try {
        await run(async () => backend.open(place), place)
      } finally {
        await backend.removePlace?.(place)
      }
    })
  testSwaps(inPlace)
  testRevisions(inPlace)
  testContenders(inPlace)
  testKeys(inPlace)
  testRecords(inPlace)
  testWatching(inPlace)
  if (content) testUnusableContent(inPlace, content)
  if (breakDown) testBreakdown(inPlace, (place) => breakDown(place))
}

function testUnusableContent<Place>(test: TestInPlace<Place>, content: StoredContent<Place>): void {
  const { plant, raw, setAside } = content
  for (const kind of ['corrupt', 'foreign'] as const) {
    for (const next of [live(1), undefined]) {
      test(`${kind} content is reported, and set aside by ${next ? 'the next record' : 'a deletion'}`, async (open, place) => {
        const [one, other] = [await open(), await open()]
        const { revision } = winner(await one.swap(key, undefined, live(0)))
        await plant(place, key, kind)
        const planted = await raw(place, key)
        const found = await other.read(key)
        assertSame(found?.record, { state: 'unreadable', problem: 'corrupt' })
        for (const outdated of [undefined, revision])
          assertSame(loser(await one.swap(key, outdated, next))?.record, found?.record)
        assertSame(await raw(place, key), planted)
        winner(await one.swap(key, found?.revision, next))
        assertSame((await other.read(key))?.record, next)
        assert(planted !== undefined, 'content was planted')
        assertSame(await setAside(place, key), planted)
      })
    }
  }

  test('content of a newer format is reported and left untouched by every swap', async (open, place) => {
    const [one, other] = [await open(), await open()]
    const { revision } = winner(await one.swap(key, undefined, live(0)))
    await plant(place, key, 'newer')
    const planted = await raw(place, key)
    const found = await other.read(key)
    assertSame(found?.record, { state: 'unreadable', problem: 'newer_format' })
    for (const expected of [undefined, revision, found?.revision]) {
      for (const next of [live(1), undefined]) {
        assertSame(loser(await one.swap(key, expected, next))?.record, found?.record)
      }
    }
    assertSame(await raw(place, key), planted)
    assertSame(await setAside(place, key), undefined)
  })
}

function testBreakdown<Place>(test: TestInPlace<Place>, breakDown: (place: Place) => void | Promise<void>): void {
  test('a broken backend makes every operation reject with an error', async (open, place) => {
    const store = await open()
    const { revision } = winner(await store.swap(key, undefined, live(0)))
    await breakDown(place)
    for (const handle of [store, await open()]) {
      await assertRejects(handle.read(key))
      await assertRejects(handle.swap(key, revision, live(1)))
      await assertRejects(handle.swap(key, revision, undefined))
      await assertRejects(handle.swap('another key', undefined, live(1)))
    }
  })
}
