import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

test.each([
  ['frameworks.md', './snippets/'],
  ['http-clients.md', '../clients/snippets/'],
])('%s shows the code that is tested, to the letter', async (guide, snippets) => {
  const folder = new URL(snippets, import.meta.url)
  const text = await readFile(new URL(`../../docs/${guide}`, import.meta.url), 'utf8')
  const shown = [...text.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code)
  const names = await readdir(folder)
  expect(names).not.toEqual([])
  for (const name of names) expect(shown).toContain(await readFile(new URL(name, folder), 'utf8'))
})
