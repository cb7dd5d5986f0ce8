import { describe, test } from 'vitest'
import { memoryStore } from '../../src/stores/memory.js'
import { testStore } from '../../src/testing.js'

describe('the memory store', () => testStore(test, { makePlace: () => memoryStore(), open: (store) => store }))
