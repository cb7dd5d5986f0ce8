import { describe, test } from 'vitest'
import { testStore } from '../../src/testing.js'
import { damagedEntry, damagedFile, fileBackend } from './file-backend.js'

describe('the file store, when the whole file may be damaged', () =>
  testStore(test, { ...fileBackend, content: damagedFile }))

describe('the file store, when one entry may be damaged', () =>
  testStore(test, { ...fileBackend, content: damagedEntry }))
