import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi, type TestContext } from 'vitest'
import type { LiveRecord } from '../../src/core/record.js'
import { fileStore } from '../../src/stores/file.js'
import { mountTinyDisk } from '../support/tiny-disk.js'

let folder = ''
let path = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-'))
  path = join(folder, 'session.json')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

function live(generation: number, extra?: string): LiveRecord {
  return { format: 1, state: 'live', sessionId: 'session', generation, at: 1, accessTokens: {}, extra: { extra } }
}

async function generationAt(place: string, key = 'key'): Promise<number | undefined> {
  const found = await fileStore(place).read(key)
  return found?.record.state === 'live' ? found.record.generation : undefined
}

/** Writes the next generation; resolves to it. */
async function step(place: string, key = 'key'): Promise<number> {
  const store = fileStore(place)
  const generation = ((await generationAt(place, key)) ?? 0) + 1
  const result = await store.swap(key, (await store.read(key))?.revision, live(generation))
  expect(result.won).toBe(true)
  return generation
}

/** Writes the next generation; resolves to how many milliseconds that took. */
async function timeOfStep(place: string): Promise<number> {
  const startedAt = performance.now()
  await step(place)
  return performance.now() - startedAt
}

async function modeOf(place: string): Promise<string> {
  return ((await stat(place)).mode & 0o777).toString(8)
}

const nobody = 65_534
const poll = { timeout: 5000, interval: 5 }

/** Works as a user to whom modes apply: they do not to root. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  const user = process.geteuid?.()
  if (user === 0) process.seteuid?.(nobody)
  try {
    await work()
  } finally {
    if (user === 0) process.seteuid?.(0)
  }
}

describe('where the file store keeps its file', () => {
  test('only the owner may read the file and its folder, whatever the mode of the process', async () => {
    const mask = process.umask(0)
    try {
      const place = join(folder, 'new', 'deeper', 'session.json')
      await step(place)
      expect(await modeOf(place)).toBe('600')
      expect(await modeOf(join(folder, 'new', 'deeper'))).toBe('700')
      await chmod(place, 0o644)
      await step(place)
      expect(await modeOf(place)).toBe('600')
    } finally {
      process.umask(mask)
    }
  })

  test('nothing but the file is left behind by a swap, won or lost', async () => {
    await step(path)
    await step(path)
    const { won } = await fileStore(path).swap('key', undefined, live(9))
    expect(won).toBe(false)
    expect(await readdir(folder)).toEqual(['session.json'])
  })

  test('the path is the one at the time the store was made', async () => {
    const before = process.cwd()
    try {
      process.chdir(folder)
      const store = fileStore('session.json')
      process.chdir('/')
      await store.swap('key', undefined, live(1))
      expect(await generationAt(path)).toBe(1)
    } finally {
      process.chdir(before)
    }
  })

  test('a link to the file stays a link, and all who share the file see the same', async () => {
    await mkdir(join(folder, 'elsewhere'))
    await symlink(join('elsewhere', 'second'), path)
    await symlink('real.json', join(folder, 'elsewhere', 'second'))
    const real = join(folder, 'elsewhere', 'real.json')
    await step(path)
    expect(await generationAt(real)).toBe(1)
    await step(real)
    await step(path)
    expect(await generationAt(real)).toBe(3)
    expect(await readdir(folder)).toEqual(['elsewhere', 'session.json'])
    expect((await readdir(join(folder, 'elsewhere'))).sort()).toEqual(['real.json', 'second'])
  })

  test('links that lead in a circle, a folder in place of the file and a file in place of the folder are errors', async () => {
    await symlink('b', join(folder, 'a'))
    await symlink('a', join(folder, 'b'))
    await mkdir(join(folder, 'folder'))
    await writeFile(join(folder, 'file'), '')
    for (const name of ['a', 'folder', join('file', 'session.json')]) {
      const store = fileStore(join(folder, name))
      await expect(store.read('key')).rejects.toThrow()
      await expect(store.swap('key', undefined, live(1))).rejects.toThrow()
    }
  })

  test('what else is in the file stays', async () => {
    await step(path, 'a')
    await step(path, 'b')
    const content = JSON.parse(await readFile(path, 'utf8')) as { sessions: Record<string, unknown> }
    content.sessions.newer = { stamp: 'x', record: { format: 2, what: ['ever'] } }
    await writeFile(path, JSON.stringify({ ...content, more: { of: 'it' } }))
    await step(path, 'a')
    const after = JSON.parse(await readFile(path, 'utf8')) as typeof content
    expect(after).toMatchObject({ evergrant: 1, more: { of: 'it' } })
    expect(after.sessions).toMatchObject({ b: content.sessions.b, newer: content.sessions.newer })
    expect(await generationAt(path, 'a')).toBe(2)
  })

  test('what an editor does to the look of the file changes nothing, with or without a mark in front', async () => {
    await step(path)
    const store = fileStore(path)
    const before = await store.read('key')
    const content: unknown = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, `\uFEFF${JSON.stringify(content, undefined, 2).replaceAll('\n', '\r\n')}\r\n`)
    expect(await store.read('key')).toEqual(before)
    expect((await store.swap('key', before?.revision, live(2))).won).toBe(true)
    expect(await readdir(folder)).toEqual(['session.json'])
  })

  test('a damaged file is set aside byte for byte', async () => {
    const damaged = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x22])
    await writeFile(path, damaged)
    await step(path)
    expect(await readFile(`${path}.corrupt`)).toEqual(damaged)
  })
})

describe('where root runs a program of a user once', () => {
  beforeEach((context: TestContext) => {
    if (process.geteuid?.() !== 0) context.skip('only root may give files away')
    return chown(folder, nobody, nobody)
  })

  const ownerOf = async (place: string): Promise<number> => (await stat(place)).uid

  test('the file stays that of its owner, who goes on with it', async () => {
    await asNobody(async () => expect(await step(path)).toBe(1))
    const { gid } = await stat(path)
    await step(path)
    expect(await stat(path)).toMatchObject({ uid: nobody, gid })
    expect(await modeOf(path)).toBe('600')
    await asNobody(async () => expect(await step(path)).toBe(3))
  })

  test('what is written belongs to the owner before it takes the lock, which may outlive its process', async () => {
    await asNobody(async () => expect(await step(path)).toBe(1))
    await mkdir(`${path}.lock`)
    await writeFile(join(`${path}.lock`, 'dead'), 'a draft that was never committed')
    const stepping = step(path)
    await vi.waitFor(async () => {
      const draft = join(folder, String((await readdir(folder)).find((name) => name.includes('.draft-'))))
      expect([await ownerOf(draft), await modeOf(draft)]).toEqual([nobody, '700'])
      for (const name of await readdir(draft)) expect(await ownerOf(join(draft, name))).toBe(nobody)
    }, poll)
    expect(await stepping).toBe(2)
  })

  test('a file that is of root stays so', async () => {
    await step(path)
    await step(path)
    expect(await ownerOf(path)).toBe(0)
  })
})

describe('what stands in the way of the file store', () => {
  test('drafts of dead processes are swept once they are old, and those of living ones are not', async () => {
    const [old, young] = [`${path}.draft-old`, `${path}.draft-young`]
    for (const draft of [old, young, join(folder, 'other.json.draft-old')]) {
      await mkdir(draft)
      await writeFile(join(draft, 'content'), 'x')
    }
    const longAgo = Date.now() / 1000 - 120
    await utimes(old, longAgo, longAgo)
    await step(path)
    expect((await readdir(folder)).sort()).toEqual(['other.json.draft-old', 'session.json', 'session.json.draft-young'])
  })

  test('the lock of a dead process is broken in less than a second, and an empty one is no hindrance', async () => {
    const times = { ofDead: [] as number[], ofEmpty: [] as number[] }
    await step(path)
    for (let round = 0; round < 5; round++) {
      await mkdir(`${path}.lock`)
      await writeFile(join(`${path}.lock`, 'dead'), 'a draft that was never committed')
      times.ofDead.push(await timeOfStep(path))
      await mkdir(`${path}.lock`)
      times.ofEmpty.push(await timeOfStep(path))
      expect(await readdir(folder)).toEqual(['session.json'])
    }
    expect(await generationAt(path)).toBe(11)
    // The fastest of five, since a machine that is busy slows down any of them.
    expect(Math.min(...times.ofDead)).toBeLessThan(600)
    expect(Math.min(...times.ofEmpty)).toBeLessThan(200)
  })

  test('a file in place of the lock is an error that leaves it and the session alone', async () => {
    await step(path)
    await writeFile(`${path}.lock`, 'of another program')
    await expect(fileStore(path).swap('key', (await fileStore(path).read('key'))?.revision, live(9))).rejects.toThrow()
    expect(await readFile(`${path}.lock`, 'utf8')).toBe('of another program')
    expect(await generationAt(path)).toBe(1)
    expect((await readdir(folder)).sort()).toEqual(['session.json', 'session.json.lock'])
  })

  test('a full disk rejects the swap and loses nothing', async (context) => {
    const disk = await mountTinyDisk(context, 64)
    try {
      const place = join(disk.path, 'session.json')
      await step(place)
      const store = fileStore(place)
      const before = await store.read('key')
      for (let attempt = 0; attempt < 20; attempt++)
        await expect(store.swap('key', before?.revision, live(2, 'x'.repeat(100_000)))).rejects.toThrow('ENOSPC')
      expect(await store.read('key')).toEqual(before)
      expect(await readdir(disk.path)).toEqual(['session.json'])
      await writeFile(join(disk.path, 'filler'), 'x'.repeat(1_000_000)).catch(() => undefined)
      await expect(store.swap('key', before?.revision, live(2))).rejects.toThrow('ENOSPC')
      await rm(join(disk.path, 'filler'))
      expect(await step(place)).toBe(2)
    } finally {
      await disk.remove()
    }
  })

  test('a folder that may not be written to rejects the swap and loses nothing, and a file that may not be read says so', async () => {
    const place = join(folder, 'shared', 'session.json')
    await step(place)
    await chmod(folder, 0o755)
    await chmod(dirname(place), 0o555)
    await chmod(place, 0o444)
    await asNobody(async () => {
      const store = fileStore(place)
      const found = await store.read('key')
      expect(found?.record).toEqual(live(1))
      await expect(store.swap('key', found?.revision, live(2))).rejects.toThrow('EACCES')
      expect(await store.read('key')).toEqual(found)
    })
    await chmod(place, 0o000)
    await asNobody(() => expect(fileStore(place).read('key')).rejects.toThrow('EACCES'))
    await chmod(dirname(place), 0o755)
    await chmod(place, 0o600)
    expect(await readdir(dirname(place))).toEqual(['session.json'])
    expect(await step(place)).toBe(2)
  })

  test('a disk that is read only rejects the swap and loses nothing', async (context) => {
    const disk = await mountTinyDisk(context, 64)
    try {
      const place = join(disk.path, 'session.json')
      await step(place)
      await disk.makeReadOnly()
      const store = fileStore(place)
      await expect(store.swap('key', (await store.read('key'))?.revision, live(2))).rejects.toThrow('EROFS')
      await expect(fileStore(join(disk.path, 'new', 'session.json')).swap('key', undefined, live(2))).rejects.toThrow()
      expect(await generationAt(place)).toBe(1)
    } finally {
      await disk.remove()
    }
  })
})
