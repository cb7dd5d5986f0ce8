import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TokenStore } from '../../src/core/store.js'
import { fileStore } from '../../src/stores/file.js'
import type { StoreBackend, StoredContent } from '../../src/testing.js'

/** A folder of its own for each test of the conformance suite. */
export interface FilePlace {
  readonly folder: string
  readonly path: string
}

/** Files, as the conformance suite needs them. */
export const fileBackend = {
  async makePlace(): Promise<FilePlace> {
    const folder = await mkdtemp(join(tmpdir(), 'evergrant-'))
    return { folder, path: join(folder, 'session.json') }
  },
  open: ({ path }: FilePlace): TokenStore => fileStore(path),
  removePlace: ({ folder }: FilePlace): Promise<void> => rm(folder, { recursive: true }),
  async breakDown({ path }: FilePlace): Promise<void> {
    await rm(path)
    await mkdir(path)
  },
} satisfies StoreBackend<FilePlace>

/** The file as a whole was damaged, or is somebody else's. */
export const damagedFile: StoredContent<FilePlace> = {
  plant: ({ path }, key, kind) =>
    writeFile(
      path,
      {
        corrupt: `{"evergrant":1,"sessions":{${JSON.stringify(key)}:{"stamp":"x","record":{"format":1,"sta`,
        foreign: '[default]\naws_access_key_id = AKIA\n',
        newer: '{"evergrant":2,"what":"nobody knows"}\n',
      }[kind],
    ),
  raw: ({ path }) => textOf(path),
  setAside: ({ path }) => textOf(`${path}.corrupt`),
}

/** One entry in the file was damaged, or is somebody else's; the entry beside it is sound. */
export const damagedEntry: StoredContent<FilePlace> = {
  plant: async ({ path }, key, kind) => {
    const planted = {
      corrupt: { stamp: 'x', record: { format: 1, state: 'live', sessionId: 'session' } },
      foreign: ['not', 'a', 'record'],
      newer: { stamp: 'x', record: { format: 2, state: 'dancing' } },
    }[kind]
    const other = { stamp: 'y', record: { format: 1, state: 'signed_out', sessionId: 'other', generation: 2, at: 1 } }
    await writeFile(path, JSON.stringify({ evergrant: 1, sessions: { other, [key]: planted }, more: 'kept' }))
  },
  raw: ({ path }) => textOf(path),
  setAside: ({ path }) => textOf(`${path}.corrupt`),
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}
