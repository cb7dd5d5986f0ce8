import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { TokenStore } from '../../src/core/store.js'
import { testStore } from '../../src/testing.js'
import { damagedEntry, fileBackend } from './file-backend.js'

type Call = (...args: unknown[]) => Promise<unknown>

/**
 * The manners of Windows, as far as a file system of Linux can have them: no folder takes the place of another one, none
 * can be opened, and three operations of ten meet somebody who has the file open. They apply while a store is at work.
 */
const windows = vi.hoisted(() => {
  const codes = ['EPERM', 'EACCES', 'EBUSY']
  let [chance, storesAtWork] = [1, 0]
  const refuse = (): never => {
    const code = codes[chance % codes.length]
    throw Object.assign(new Error(`${code}: refused`), { code })
  }
  const scanned = (call: Call): Call => {
    return async (...args) => {
      chance = (chance * 48_271) % 2_147_483_647
      return storesAtWork > 0 && chance % 10 < 3 ? refuse() : call(...args)
    }
  }
  const notFor = (position: number, isFolder: (path: unknown) => Promise<boolean>, call: Call): Call => {
    return async (...args) => (storesAtWork > 0 && (await isFolder(args[position])) ? refuse() : call(...args))
  }
  const during = async <T>(work: Promise<T>): Promise<T> => {
    storesAtWork++
    return work.finally(() => storesAtWork--)
  }
  return { scanned, notFor, during, removed: [] as unknown[] }
})

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<Record<string, Call>>()
  const call = (name: string): Call => real[name] as Call
  const isFolder = async (path: unknown): Promise<boolean> => {
    const found = (await call('stat')(path).catch(() => undefined)) as { isDirectory(): boolean } | undefined
    return found?.isDirectory() === true
  }
  const names = ['readFile', 'copyFile', 'realpath', 'rmdir', 'readdir']
  return {
    ...real,
    ...Object.fromEntries(names.map((name) => [name, windows.scanned(call(name))])),
    rm: windows.scanned((...args) => {
      windows.removed.push(args[0])
      return call('rm')(...args)
    }),
    rename: windows.notFor(1, isFolder, windows.scanned(call('rename'))),
    open: windows.notFor(0, isFolder, call('open')),
  }
})

/** The store asks for the platform when it is imported. */
const { platform } = process
Object.defineProperty(process, 'platform', { value: 'win32' })
vi.resetModules()
const { fileStore } = await import('../../src/stores/file.js')
Object.defineProperty(process, 'platform', { value: platform })

function open(path: string): TokenStore {
  const store = fileStore(path)
  return {
    ...store,
    read: (key) => windows.during(store.read(key)),
    swap: (key, expected, next) => windows.during(store.swap(key, expected, next)),
  }
}

describe('the file store, on a file system with the manners of Windows', () => {
  testStore(test, { ...fileBackend, content: damagedEntry, open: ({ path }) => open(path) })

  test('breaks the lock of a dead process in less than a second, and leaves nothing behind', async () => {
    const place = await fileBackend.makePlace()
    try {
      await mkdir(`${place.path}.lock`)
      await writeFile(join(`${place.path}.lock`, 'dead'), 'a draft that was never committed')
      const startedAt = performance.now()
      windows.removed.length = 0
      const record = { format: 1, state: 'signed_out', sessionId: 'session', generation: 1, at: 1 } as const
      expect(await open(place.path).swap('key', undefined, record)).toMatchObject({ won: true })
      expect(performance.now() - startedAt).toBeLessThan(1000)
      // Its owner may have committed the file while Windows was about to remove it, which then removes the session.
      expect(windows.removed).not.toContain(join(`${place.path}.lock`, 'dead'))
      expect((await readdir(place.folder)).filter((name) => !name.includes('.draft-'))).toEqual(['session.json'])
    } finally {
      await fileBackend.removePlace(place)
    }
  })
})
