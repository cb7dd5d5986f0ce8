import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EvergrantError } from '../core/errors.js'
import type { SessionRecord } from '../core/record.js'
import type { SwapResult, TokenStore } from '../core/store.js'
import { findSession, withSession } from './file-content.js'

/** A lock is needed for less than a millisecond: one that stands for this long belongs to a dead or stopped process. */
const brokenAfterMs = 300
const longestWaitMs = 4000
const longestPollMs = 10
/** What a killed process may leave beside the file is removed once it is this old. */
const leftoverMs = 60_000

/**
 * Keeps sessions in one file that only its owner may read, shared by any number of processes of this machine. A swap
 * counts once it is on the disk. A process that is killed or stopped at any instant leaves either the old content or the
 * new, and holds up the others for less than a second.
 *
 * @param path of the file; its folder is made when it is missing
 */
export function fileStore(path: string): TokenStore {
  let swept: Promise<void> | undefined
  return {
    durability: 'strict',
    read: async (key) => findSession(await readText(path), key),
    async swap(key, expected, next) {
      await (swept ??= removeLeftovers(path))
      return swap(path, key, expected, next)
    },
  }
}

async function swap(
  path: string,
  key: string,
  expected: unknown,
  next: SessionRecord | undefined,
): Promise<SwapResult> {
  const giveUpAt = performance.now() + longestWaitMs
  while (performance.now() < giveUpAt) {
    const text = await readText(path)
    const current = findSession(text, key)
    const state = current?.record
    const isNewer = state?.state === 'unreadable' && state.problem === 'newer_format'
    if (current?.revision !== expected || isNewer) return { won: false, current }
    if (state?.state === 'unreadable') await writeFile(`${path}.corrupt`, text ?? '', { mode: 0o600 })
    const content = withSession(text, key, next)
    if (await replace(path, text, content)) return { won: true, revision: findSession(content, key)?.revision }
  }
  throw new EvergrantError('storage_failed', 'too many processes write the session file at once')
}

/**
 * Replaces the content of the file if it is still `basis`; resolves to whether it did.
 *
 * The content is prepared in a folder of its own. Renaming that folder to the name of the lock takes the lock, which one
 * process at a time can do, and moving the content from within the lock over the file is the commit. A process that lost
 * its lock finds its content gone with it. So no commit can come from outside the lock, whoever is stopped wherever, and
 * any lock may be broken at any time: at worst its holder starts again.
 */
async function replace(path: string, basis: string | undefined, content: string): Promise<boolean> {
  const id = randomUUID()
  const draft = `${path}.draft-${id}`
  const lock = `${path}.lock`
  const prepared = join(lock, id)
  try {
    await makeFolder(draft)
    await writeThrough(join(draft, id), content)
    await take(lock, draft)
    if ((await readText(path)) !== basis) return false
    const isCommitted = await succeeds(rename(prepared, path), 'ENOENT')
    if (isCommitted) await syncFolder(dirname(path))
    return isCommitted
  } finally {
    await rm(draft, { recursive: true, force: true })
    await rm(prepared, { force: true })
    // Fails when the next holder is in it already, which is as good.
    await rmdir(lock).catch(() => undefined)
  }
}

/** Waits for the lock and takes it, breaking it when one holder keeps it for too long. */
async function take(lock: string, draft: string): Promise<void> {
  const giveUpAt = performance.now() + longestWaitMs
  let holder: string | undefined
  let since = 0
  while (performance.now() < giveUpAt) {
    if (await succeeds(rename(draft, lock), 'EEXIST', 'ENOTEMPTY', 'EPERM', 'EACCES', 'EBUSY')) return
    const present = (await readdir(lock).catch(() => [])).join()
    if (present !== holder) {
      holder = present
      since = performance.now()
    } else if (performance.now() - since > brokenAfterMs) {
      const broken = `${lock}-broken-${randomUUID()}`
      if (await succeeds(rename(lock, broken), 'ENOENT', 'EPERM', 'EACCES', 'EBUSY'))
        await rm(broken, { recursive: true })
    }
    await sleep(Math.random() * longestPollMs)
  }
  throw new EvergrantError('storage_failed', 'the lock of the session file cannot be taken')
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function makeFolder(path: string): Promise<void> {
  if (await succeeds(mkdir(path, { mode: 0o700 }), 'ENOENT')) return
  await mkdir(path, { recursive: true, mode: 0o700 })
}

async function writeThrough(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a rename survive a loss of power, where the system can. Windows cannot open a folder, and needs not. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path)
  for (const name of await readdir(folder).catch(() => [])) {
    const isOurs = [`${basename(path)}.draft-`, `${basename(path)}.lock-broken-`].some((start) =>
      name.startsWith(start),
    )
    const { mtimeMs } = (isOurs && (await stat(join(folder, name)).catch(() => undefined))) || { mtimeMs: Infinity }
    if (mtimeMs < Date.now() - leftoverMs) await rm(join(folder, name), { recursive: true, force: true })
  }
}

/** Whether `operation` succeeded; `false` for the failures that are expected, a rejection for the others. */
async function succeeds(operation: Promise<unknown>, ...expected: string[]): Promise<boolean> {
  try {
    await operation
    return true
  } catch (error) {
    if (expected.includes(codeOf(error))) return false
    throw error
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code)
}
