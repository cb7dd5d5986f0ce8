import type { LiveRecord } from '../core/record.js'
import type { Revision, SwapResult, TokenStore, Versioned } from '../core/store.js'
import { assertSame, called } from './assertions.js'
import { ended, generationOf, key, live, loser, signedOut, winner, type TestInPlace } from './store-case.js'

/** What a single holder relies on. */
export function testSwaps<Place>(test: TestInPlace<Place>): void {
  test('an unknown key holds nothing', async (open) => {
    assertSame(await (await open()).read(key), undefined)
  })

  test('a swap creates, replaces and deletes', async (open) => {
    const store = await open()
    let revision: Revision
    for (const record of [live(0), live(1), ended, signedOut, live(0)]) {
      revision = winner(await store.swap(key, revision, record)).revision
      assertSame((await store.read(key))?.record, record)
    }
    winner(await store.swap(key, revision, undefined))
    assertSame(await store.read(key), undefined)
    winner(await store.swap(key, undefined, undefined))
    assertSame(await store.read(key), undefined)
  })

  test('a swap with a wrong expectation loses and tells what is there', async (open) => {
    const store = await open()
    const first = winner(await store.swap(key, undefined, live(0)))
    const second = winner(await store.swap(key, first.revision, live(1)))
    for (const outdated of [undefined, first.revision]) {
      for (const next of [live(7), undefined]) {
        const current = loser(await store.swap(key, outdated, next))
        assertSame(current?.record, live(1))
      }
    }
    const current = loser(await store.swap(key, first.revision, live(7)))
    const third = winner(await store.swap(key, current?.revision, undefined))
    assertSame(loser(await store.swap(key, second.revision, live(7))), undefined)
    assertSame(third.revision, undefined)
    assertSame(await store.read(key), undefined)
  })
}

/** What a revision stands for. */
export function testRevisions<Place>(test: TestInPlace<Place>): void {
  test('the revision of a read wins as the one of a swap does', async (open) => {
    const store = await open()
    await store.swap(key, undefined, live(0))
    winner(await store.swap(key, (await store.read(key))?.revision, live(1)))
    winner(await store.swap(key, (await store.read(key))?.revision, undefined))
  })

  test('a revision never comes back, not even with the same record', async (open) => {
    const store = await open()
    const first = winner(await store.swap(key, undefined, live(0)))
    const second = winner(await store.swap(key, first.revision, live(0)))
    assertSame(loser(await store.swap(key, first.revision, live(7)))?.record, live(0))
    await store.swap(key, second.revision, undefined)
    await store.swap(key, undefined, live(0))
    for (const { revision } of [first, second]) {
      assertSame(loser(await store.swap(key, revision, live(7)))?.record, live(0))
      assertSame(loser(await store.swap(key, revision, undefined))?.record, live(0))
    }
    assertSame((await store.read(key))?.record, live(0))
  })
}

/** What several holders rely on. */
export function testContenders<Place>(test: TestInPlace<Place>): void {
  test('what one handle writes another one sees, replaces and deletes', async (open) => {
    const [one, other] = [await open(), await open()]
    await one.swap(key, undefined, live(0))
    const seen = await other.read(key)
    assertSame(seen?.record, live(0))
    winner(await other.swap(key, seen?.revision, live(1)))
    assertSame(loser(await one.swap(key, seen?.revision, live(7)))?.record, live(1))
    winner(await one.swap(key, (await one.read(key))?.revision, undefined))
    assertSame(await other.read(key), undefined)
  })

  test('of many swaps that expect the same, exactly one wins', async (open) => {
    const handles = await Promise.all(Array.from({ length: 6 }, open))
    let revision: Revision
    for (let round = 0; round < 6; round++) {
      const contenders = [...handles, ...handles, ...handles].map((store, index) =>
        store.swap(key, revision, round === 5 ? undefined : live(100 * round + index)),
      )
      const results = await Promise.all(contenders)
      assertSame(results.filter((result) => result.won).length, 1)
      const generation = round === 5 ? undefined : 100 * round + results.findIndex((result) => result.won)
      const record = generation === undefined ? undefined : live(generation)
      for (const result of results) if (!result.won) assertSame(result.current?.record, record)
      const stored = await handles[round]?.read(key)
      assertSame(stored?.record, record)
      revision = stored?.revision
    }
  })

  test('of the steps that many contenders take, none is lost', async (open) => {
    const [contenders, steps] = [8, 5]
    const climb = async (): Promise<void> => {
      const store = await open()
      let current: Versioned | undefined
      for (let taken = 0; taken < steps;) {
        const result = await store.swap(key, current?.revision, live(generationOf(current) + 1))
        current = result.won ? await store.read(key) : result.current
        if (result.won) taken++
      }
    }
    await Promise.all(Array.from({ length: contenders }, climb))
    assertSame(generationOf(await (await open()).read(key)), contenders * steps)
  })
}

/** Keys are names, whatever is in them. */
export function testKeys<Place>(test: TestInPlace<Place>): void {
  const keys = [
    'a:b/../c\\d?e=f#g%2F',
    '../../session',
    'ключ 鍵 🔑',
    '__proto__',
    'constructor',
    'line\nbreak\ttab\u0000nul "quote"',
    'long'.repeat(500),
    'long'.repeat(500) + '.',
  ]

  test('keys of any characters and length stay apart', async (open) => {
    const [one, other] = [await open(), await open()]
    for (const [index, name] of keys.entries()) winner(await one.swap(name, undefined, live(index)))
    for (const [index, name] of keys.entries()) {
      const found = await other.read(name)
      assertSame(found?.record, live(index))
      winner(await other.swap(name, found?.revision, undefined))
      assertSame(await one.read(name), undefined)
    }
  })

  test('swaps of different keys at the same time all win', async (open) => {
    const handles = await Promise.all([open(), open(), open()])
    const swaps = keys.map((name, index) => (handles[index % 3] as TokenStore).swap(name, undefined, live(index)))
    for (const result of await Promise.all(swaps)) winner(result)
    for (const [index, name] of keys.entries()) assertSame((await handles[0].read(name))?.record, live(index))
  })
}

/** Records come back as they were. */
export function testRecords<Place>(test: TestInPlace<Place>): void {
  const awkward = '"\\\n\r\u0000\u2028\ud800 \u00e9e\u0301 \u{1f511} </script> \'; --'

  const comesBack = (name: string, extra: Record<string, unknown>): void =>
    test(`${name} comes back exactly`, async (open) => {
      const record = { ...live(1), extra }
      const { revision } = winner(await (await open()).swap(key, undefined, record))
      const other = await open()
      assertSame((await other.read(key))?.record, record)
      winner(await other.swap(key, revision, live(2)))
    })

  comesBack('a record of 100 kB', { text: awkward.repeat(Math.ceil(100_000 / awkward.length)) })
  comesBack('what a server sent besides', {
    nested: { list: [1, -0.5, 1e21, null, true, '', []], empty: {} },
    constructor: 'x',
    'a.b:c': awkward,
    ...(JSON.parse('{ "__proto__": { "polluted": true } }') as object),
  })

  test('a value that is no JSON is kept as it is or refused, never changed', async (open) => {
    const store = await open()
    const { revision } = winner(await store.swap(key, undefined, live(0)))
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    const secret = await crypto.subtle.generateKey(algorithm, false, ['sign'])
    const result = await store.swap(key, revision, { ...live(1), extra: { secret } }).catch((error: unknown) => error)
    const { record } = (await (await open()).read(key)) ?? {}
    if (result instanceof Error) {
      assertSame((result as { code?: unknown }).code, 'unsupported')
      return assertSame(record, live(0))
    }
    winner(result as SwapResult)
    const kept = (record as LiveRecord).extra?.secret as CryptoKey
    assertSame((await crypto.subtle.sign('HMAC', kept, new Uint8Array(1))).byteLength, 32)
  })
}

/** Watching is a hint that comes in time. */
export function testWatching<Place>(test: TestInPlace<Place>): void {
  test('a store that can be watched tells of the swaps of others, until nobody wants to know', async (open) => {
    const [watched, other] = [await open(), await open()]
    if (!watched.watch) return
    let calls = 0
    let told: ReturnType<typeof called> | undefined
    const stop = watched.watch(key, () => {
      calls++
      told?.call()
    })
    let revision: Revision
    for (let generation = 0; generation < 5; generation++) {
      told = called()
      revision = winner(await other.swap(key, revision, live(generation))).revision
      await told.done
    }
    stop()
    const control = called()
    const callsBefore = calls
    const stopControl = watched.watch(key, control.call)
    winner(await other.swap(key, revision, undefined))
    await control.done
    stopControl()
    assertSame(calls, callsBefore)
  })
}
