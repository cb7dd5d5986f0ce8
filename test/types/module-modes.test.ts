import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { repository } from '../package/installed-package.js'
import { complaints } from './complaints.js'

const { project } = inject('installedPackage')

/** Where the programs lie beside the installed package, so that they find it as any user's do. */
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(project, 'programs-'))
  await cp(path.join(repository, 'test/types/programs'), folder, { recursive: true })
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const { ModuleKind, ModuleResolutionKind } = ts
const modes: Readonly<Record<string, ts.CompilerOptions>> = {
  node16: { module: ModuleKind.Node16 },
  nodenext: { module: ModuleKind.NodeNext },
  preserve: { module: ModuleKind.Preserve },
  'esnext with bundler resolution': { module: ModuleKind.ESNext, moduleResolution: ModuleResolutionKind.Bundler },
  'es2022 with bundler resolution': { module: ModuleKind.ES2022, moduleResolution: ModuleResolutionKind.Bundler },
}

const disposable = 'lib.esnext.disposable.d.ts'
const dom = 'lib.dom.d.ts'

/**
 * What the types need: those of the web, from the DOM library or from @types/node, and `Symbol.asyncDispose`, from
 * @types/node or from the library ESNext.Disposable. `evergrant/browser` speaks of `Storage`, which only the DOM has.
 */
const surroundings = [
  {
    name: 'a page: DOM, no @types/node',
    options: { lib: ['lib.es2022.d.ts', dom, disposable], types: [] },
    programs: ['page', 'library', 'testing', 'surface'],
  },
  {
    name: 'a page in a project with @types/node',
    options: { lib: ['lib.es2022.d.ts', dom], types: ['node'] },
    programs: ['page', 'library', 'testing', 'surface'],
  },
  {
    name: 'a service: @types/node, no DOM',
    options: { lib: ['lib.es2022.d.ts'], types: ['node'] },
    programs: ['service', 'library', 'testing', 'surface'],
  },
] as const

/** What the compiler has to say about programs of `programs/`. */
function complaintsAbout(programs: readonly string[], options: ts.CompilerOptions): string[] {
  return complaints(
    programs.map((name) => path.join(folder, name.includes('.') ? name : `${name}.ts`)),
    options,
  )
}

describe.each(surroundings)('$name', ({ options, programs }) => {
  it.each(Object.keys(modes))('under %s', (mode) => {
    expect(
      complaintsAbout(programs, { ...options, lib: [...options.lib], types: [...options.types], ...modes[mode] }),
    ).toEqual([])
  })
})

describe('other settings', () => {
  const ofNode = { lib: ['lib.es2022.d.ts'], types: ['node'], module: ModuleKind.NodeNext }

  it('a program need not be strict', () => {
    const lax = { strict: false, exactOptionalPropertyTypes: false, noUncheckedIndexedAccess: false }
    expect(complaintsAbout(['service', 'library', 'testing'], { ...ofNode, ...lax })).toEqual([])
  })

  it('a program may have all of DOM and @types/node', () => {
    const both = { ...ofNode, lib: ['lib.es2022.d.ts', dom, disposable] }
    expect(complaintsAbout(['page', 'service', 'library', 'testing', 'surface'], both)).toEqual([])
  })

  it('a CommonJS program may import it where Node can require ES modules', async () => {
    await cp(path.join(folder, 'library.ts'), path.join(folder, 'library.cts'))
    expect(complaintsAbout(['library.cts'], { ...ofNode, verbatimModuleSyntax: false })).toEqual([])
  })
})

it('checks every program', async () => {
  const checked = new Set<string>(surroundings.flatMap(({ programs }) => programs))
  const there = (await readdir(path.join(repository, 'test/types/programs'))).map((file) => path.basename(file, '.ts'))
  expect([...checked].sort()).toEqual(there.sort())
})

it('would notice a wrong type', () => {
  const withoutDom = { lib: ['lib.es2022.d.ts'], types: ['node'], module: ModuleKind.NodeNext }
  expect(complaintsAbout(['page'], withoutDom)).toContainEqual(expect.stringMatching(/Cannot find name 'localStorage'/))
})
