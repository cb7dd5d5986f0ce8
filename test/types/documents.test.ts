import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { repository } from '../package/installed-package.js'
import { complaints } from './complaints.js'

const { project } = inject('installedPackage')

/** What the programs in the documents take for granted: modules of the application around them. */
const surroundings = `
declare module '*/my-store.js' {
  export function makeDatabase(): Promise<string>
  export function openStore(database: string): import('evergrant').TokenStore
  export function dropDatabase(database: string): Promise<void>
}
declare module '*/my-app.js' {
  export function signIn(): Promise<import('evergrant').TokenResponse>
  export function render(snapshot: import('evergrant').Snapshot): void
}
`

const options: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(project, 'documents-'))
  await writeFile(path.join(folder, 'surroundings.d.ts'), surroundings)
  // Frameworks and the like are those of the repository; the package itself is not there.
  await symlink(path.join(repository, 'node_modules'), path.join(folder, 'node_modules'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Every block of code in the documents, as a program of its own. */
async function programs(): Promise<string[]> {
  const guides = (await readdir(path.join(repository, 'docs'))).filter((name) => name.endsWith('.md'))
  const written: string[] = []
  for (const name of ['README.md', ...guides.map((guide) => `docs/${guide}`)]) {
    const text = await readFile(path.join(repository, name), 'utf8')
    for (const [index, [, code = '']] of [...text.matchAll(/^```ts\n([^]*?)^```/gm)].entries()) {
      const file = path.join(folder, `${name.replaceAll('/', '-')}-${index + 1}.ts`)
      await writeFile(file, code.includes('export') ? code : `${code}\nexport {}\n`)
      written.push(file)
    }
  }
  return written
}

it('compiles every program that the README and the guides show', async () => {
  const files = await programs()
  expect(files.length).toBeGreaterThan(5)
  expect(complaints([path.join(folder, 'surroundings.d.ts'), ...files], options)).toEqual([])
})
