import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LiveRecord } from '../../src/core/record.js'
import type { TokenStore } from '../../src/core/store.js'
import { fileStore } from '../../src/stores/file.js'

type Call = (...args: unknown[]) => Promise<unknown>

/** How often files were read, and at how many locks somebody has found another one. */
const seen = vi.hoisted(() => ({
  reads: 0,
  meetings: 0,
  /** What happens between a read and its answer. */
  afterRead: undefined as (() => Promise<void>) | undefined,
}))

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<Record<string, Call>>()
  const call = (name: string): Call => real[name] as Call
  return {
    ...real,
    readFile: async (...args: unknown[]) => {
      seen.reads++
      const { afterRead } = seen
      seen.afterRead = undefined
      const text = await call('readFile')(...args)
      await afterRead?.()
      return text
    },
    rename: (...args: unknown[]) =>
      call('rename')(...args).catch((error: unknown) => {
        if (String(args[1]).endsWith('.lock')) seen.meetings++
        throw error
      }),
  }
})

let folder = ''
let path = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-'))
  path = join(folder, 'session.json')
  seen.meetings = 0
})
afterEach(() => rm(folder, { recursive: true }))

const keys = Array.from({ length: 100 }, (_, index) => `customer ${index}`)

function live(generation: number): LiveRecord {
  return { format: 1, state: 'live', sessionId: 'session', generation, at: 1, accessTokens: {} }
}

async function generationOf(store: TokenStore, key: string): Promise<number | undefined> {
  const record = (await store.read(key))?.record
  return record?.state === 'live' ? record.generation : undefined
}

describe('many sessions of one process in one file', () => {
  test.each([1, 2])('are written at once through %i stores, and none keeps the lock from another', async (count) => {
    const stores = Array.from({ length: count }, () => fileStore(path))
    const storeOf = (index: number): TokenStore => stores[index % count] as TokenStore
    const results = await Promise.all(keys.map((key, index) => storeOf(index).swap(key, undefined, live(index))))
    expect(results.filter(({ won }) => won)).toHaveLength(keys.length)
    expect(seen.meetings).toBe(0)
    const store = fileStore(path)
    expect(await Promise.all(keys.map((key) => generationOf(store, key)))).toEqual(keys.map((_, index) => index))
  })

  test('go on being written after one that could not be', async () => {
    const store = fileStore(path)
    const unwritable = { ...live(1), extra: { size: 1n } } as unknown as LiveRecord
    const failing = store.swap('a', undefined, unwritable).catch(() => 'failed')
    const next = store.swap('b', undefined, live(2))
    expect([await failing, (await next).won]).toEqual(['failed', true])
  })

  test('are read by one look when all ask at once', async () => {
    const store = fileStore(path)
    await store.swap('customer 1', undefined, live(7))
    seen.reads = 0
    const found = await Promise.all(keys.map((key) => generationOf(store, key)))
    expect(found.filter((generation) => generation === 7)).toHaveLength(1)
    expect(seen.reads).toBe(1)
  })

  test.each(['the same store', 'another store', 'nobody'])(
    'are seen as they are when one asks, though a look is under way and %s has written since',
    async (who) => {
      const [store, other] = [fileStore(path), fileStore(path)]
      await store.swap('key', undefined, live(1))
      const first = holdNextRead()
      const early = store.read('key')
      await first.isHeld
      const writer = who === 'the same store' ? store : other
      if (who !== 'nobody') await writer.swap('key', (await other.read('key'))?.revision, live(2))
      const late = generationOf(store, 'key')
      // All the time that a look needs which waits for nobody.
      await generationOf(other, 'key')
      first.goOn()
      expect((await early)?.record).toEqual(live(1))
      expect(await late).toBe(who === 'nobody' ? 1 : 2)
    },
  )
})

/** Lets the next file that is read stand still after it was, until it is told to go on. */
function holdNextRead(): { readonly isHeld: Promise<void>; goOn(): void } {
  let goOn = (): void => undefined
  const isOver = new Promise<void>((resolve) => (goOn = resolve))
  const isHeld = new Promise<void>((hold) => {
    seen.afterRead = () => {
      hold()
      return isOver
    }
  })
  return { isHeld, goOn }
}
