import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { mutants } from './mutants.js'
import { mutated, source } from './mutate.js'

test.each(mutants)('the mutant "$name" finds each of its places once', async (mutant) => {
  for (const { file } of mutant.edits) {
    const text = await readFile(source + file, 'utf8')
    expect(mutated(mutant, source + file, text)).not.toBe(text)
  }
})
