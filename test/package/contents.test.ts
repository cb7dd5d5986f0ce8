import path from 'node:path'
import { expect, inject, it } from 'vitest'
import { filesIn, readManifest } from './installed-package.js'

const installed = inject('installedPackage')

it('holds one module and one declaration for each source file, and nothing else', async () => {
  const sources = (await filesIn(path.join(installed.source, 'src'))).filter((file) => file.endsWith('.ts'))
  const built = sources.flatMap((file) => ['.d.ts', '.js'].map((ending) => `dist/${file.replace(/\.ts$/, ending)}`))
  const expected = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', ...built].sort()
  expect(await filesIn(installed.folder)).toEqual(expected)
})

it('exports each entry point with its types first, and nothing that is not there', async () => {
  const { exports } = await readManifest(installed.folder)
  const files = await filesIn(installed.folder)
  for (const [name, target] of Object.entries(exports)) {
    if (typeof target === 'string') {
      expect([name, target]).toEqual(['./package.json', './package.json'])
      continue
    }
    const entry = name === '.' ? 'index' : name.slice(2)
    expect(Object.entries(target)).toEqual([
      ['types', `./dist/${entry}.d.ts`],
      ['default', `./dist/${entry}.js`],
    ])
    expect(files).toEqual(expect.arrayContaining([`dist/${entry}.d.ts`, `dist/${entry}.js`]))
  }
})

it('exports every entry point of the source', async () => {
  const { exports } = await readManifest(installed.folder)
  const entries = (await filesIn(path.join(installed.source, 'src'))).filter((file) => /^[^/]+\.ts$/.test(file))
  const internal = ['create-token-manager.ts', 'create-token-pool.ts']
  const names = entries.filter((file) => !internal.includes(file)).map((file) => `./${path.basename(file, '.ts')}`)
  const expected = [...names.map((name) => (name === './index' ? '.' : name)), './package.json']
  expect(Object.keys(exports).sort()).toEqual(expected.sort())
})

it('depends on oauth4webapi and idb-keyval alone, in versions without their known defects', async () => {
  const { dependencies } = await readManifest(installed.folder)
  expect(dependencies).toEqual({ 'idb-keyval': '^6.3.0', oauth4webapi: '^3.8.8' })
})
