import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

test('P-213 the guide on stores says that none protects from script in the page, nor does encryption', async () => {
  const guide = await readFile(new URL('../../docs/stores.md', import.meta.url), 'utf8')
  const words = guide.replace(/\s+/g, ' ')
  expect(words).toContain('no storage protects from script that runs in the page, and no encryption would')
})
