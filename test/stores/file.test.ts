import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import { fileStore } from '../../src/stores/file.js'
import { testStore, type StoredContent } from '../../src/testing.js'

const signedOut = { format: 1, state: 'signed_out', sessionId: 'other', generation: 2, at: 1 }

interface Place {
  readonly folder: string
  readonly path: string
}

const backend = {
  async makePlace(): Promise<Place> {
    const folder = await mkdtemp(join(tmpdir(), 'evergrant-'))
    return { folder, path: join(folder, 'session.json') }
  },
  open: ({ path }: Place) => fileStore(path),
  removePlace: ({ folder }: Place) => rm(folder, { recursive: true }),
  async breakDown({ path }: Place) {
    await rm(path)
    await mkdir(path)
  },
}

/** The file as a whole was damaged, or is somebody else's. */
const file: StoredContent<Place> = {
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
const entry: StoredContent<Place> = {
  plant: async ({ path }, key, kind) => {
    const planted = {
      corrupt: { stamp: 'x', record: { format: 1, state: 'live', sessionId: 'session' } },
      foreign: ['not', 'a', 'record'],
      newer: { stamp: 'x', record: { format: 2, state: 'dancing' } },
    }[kind]
    const other = { stamp: 'y', record: signedOut }
    await writeFile(path, JSON.stringify({ evergrant: 1, sessions: { other, [key]: planted }, more: 'kept' }))
  },
  raw: ({ path }) => textOf(path),
  setAside: ({ path }) => textOf(`${path}.corrupt`),
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

describe('the file store, when the whole file may be damaged', () => testStore(test, { ...backend, content: file }))
describe('the file store, when one entry may be damaged', () => testStore(test, { ...backend, content: entry }))
