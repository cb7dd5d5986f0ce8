import { describe, expect, test } from 'vitest'
import { fileStore } from '../../src/stores/file.js'
import { testStore } from '../../src/testing.js'
import { damagedEntry, damagedFile, fileBackend } from './file-backend.js'

describe('the file store, when the whole file may be damaged', () =>
  testStore(test, { ...fileBackend, content: damagedFile }))

describe('the file store, when one entry may be damaged', () =>
  testStore(test, { ...fileBackend, content: damagedEntry }))

test('the file store tells of changes, or the cases above about that would have been passed over', () => {
  expect(fileStore('session.json').watch).toBeDefined()
})
