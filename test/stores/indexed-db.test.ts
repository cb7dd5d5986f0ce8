import { expect, test } from 'vitest'
import { indexedDbStore } from '../../src/stores/indexed-db.js'

test('where a page is rendered on a server, it says what to use instead, and leaves nothing open', async () => {
  const store = indexedDbStore()
  const failed = { code: 'storage_failed', message: expect.stringContaining('memoryStore()') }
  await expect(store.read('key')).rejects.toMatchObject(failed)
  await expect(store.swap('key', undefined, undefined)).rejects.toMatchObject(failed)
  const before = process.getActiveResourcesInfo().length
  store.watch?.('key', () => undefined)
  expect(process.getActiveResourcesInfo().length).toBe(before)
})
