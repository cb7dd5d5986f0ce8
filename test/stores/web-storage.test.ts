import { webStorageStore } from 'evergrant/browser'
import { afterEach, expect, test, vi } from 'vitest'
import type { SessionRecord } from '../../src/core/record.js'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const record: SessionRecord = { format: 1, state: 'signed_out', sessionId: 'session', generation: 0, at: 1 }

type Request = (name: string, options: { readonly signal: AbortSignal }, work: () => void) => Promise<void>

/** A storage of a browser whose locks are given as `request` does. */
function browser(request: Request): { storage: Storage; content: Map<string, string>; events: EventTarget } {
  const content = new Map<string, string>()
  const storage = {
    getItem: (name: string) => content.get(name) ?? null,
    setItem: (name: string, text: string) => void content.set(name, text),
  } as Storage
  const events = new EventTarget()
  vi.stubGlobal('navigator', { locks: { request } })
  vi.stubGlobal('addEventListener', events.addEventListener.bind(events))
  return { storage, content, events }
}

test('a swap compares and writes while it holds the lock of its key', async () => {
  let give = (): void => undefined
  const given = new Promise<void>((resolve) => (give = resolve))
  const asked: string[] = []
  const { storage, content } = browser(async (name, _options, work) => {
    asked.push(name)
    await given
    work()
  })
  const swap = webStorageStore(storage).swap('key', undefined, record)
  await new Promise(setImmediate)
  expect([asked, content.size]).toEqual([['evergrant write key'], 0])
  give()
  expect(await swap).toMatchObject({ won: true })
  expect(content.size).toBe(1)
})

test('a lock that a frozen page keeps is waited for a second, and the swap is made without it', async () => {
  const limit = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort())
  const { storage, content } = browser((_name, { signal }) =>
    signal?.aborted ? Promise.reject(signal.reason as Error) : new Promise(() => undefined),
  )
  expect(await webStorageStore(storage).swap('key', undefined, record)).toMatchObject({ won: true })
  expect(limit.mock.calls).toEqual([[1000]])
  expect(content.size).toBe(1)
})

test('another tab that changes the session or clears the storage is noticed, and nothing else', () => {
  const { storage, events } = browser(() => Promise.resolve())
  const onChange = vi.fn()
  const end = webStorageStore(storage).watch?.('key', onChange)
  const tell = (key: string | null, storageArea: unknown = storage): number => {
    events.dispatchEvent(Object.assign(new Event('storage'), { key, storageArea }))
    return onChange.mock.calls.length
  }
  expect([tell('another'), tell('key', {}), tell('key'), tell(null)]).toEqual([0, 0, 1, 2])
  vi.stubGlobal('removeEventListener', events.removeEventListener.bind(events))
  end?.()
  expect(tell('key')).toBe(2)
})
