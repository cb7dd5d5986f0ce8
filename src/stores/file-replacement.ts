import { randomUUID } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { copyFile, mkdir, open, readdir, readFile, rename, rm, rmdir, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EvergrantError } from '../core/errors.js'

/** A lock is needed for about a millisecond: one that stands for this long belongs to a dead or stopped process. */
const brokenAfterMs = 300
const longestPollMs = 10
/** How long somebody else, such as a virus scanner, may keep a file open. */
const inUseMs = 500
/** What a killed process leaves beside the file is removed once it is this old. */
const leftoverMs = 60_000

/** What a system says of a folder that is in the way, and what Windows says of a file that somebody has open. */
const isWindows = process.platform === 'win32'
const inUse = isWindows ? ['EPERM', 'EACCES', 'EBUSY'] : []
const occupied = ['EEXIST', 'ENOTEMPTY', ...inUse]

/** A change of a file. */
export interface Replacement {
  readonly path: string
  /** What the file must still hold; `undefined` when there must be none. */
  readonly basis: string | undefined
  readonly content: string
  /** Where to leave a copy of the old content. */
  readonly setAside: string | undefined
  /** When to stop waiting for others, on the monotonic clock. */
  readonly giveUpAt: number
}

/**
 * Replaces the content of a file if it is still `basis`; resolves to whether it did. Of the processes that try this at
 * the same time one succeeds, whichever of them are killed or stopped wherever.
 *
 * The new content is written to a draft: a folder of its own with one file in it. Renaming this folder to the name of the
 * lock takes the lock, which works while no lock is there or an empty one. Moving the file out of the lock, over the old
 * content, is the commit and frees the lock in the same step. Whoever finds a lock standing still for too long removes
 * the file in it: either that or its owner's commit comes first, and the other one fails. So as long as a content can be
 * committed, nobody else is in the lock, and what its owner compared before is still true.
 */
export async function replaceFile(replacement: Replacement): Promise<boolean> {
  const { path, basis, content, setAside, giveUpAt } = replacement
  const id = randomUUID()
  const draft = `${draftStart(path)}${id}`
  const lock = `${path}.lock`
  const own = join(lock, id)
  try {
    const owner = await ownerToKeep(path)
    await makeFolder(draft)
    await writeThrough(join(draft, id), content, owner)
    if (owner) await giveFolder(draft, owner)
    await take(lock, draft, giveUpAt)
    if ((await readText(path)) !== basis) return false
    if (setAside !== undefined) await patiently(() => copyFile(path, setAside))
    const isCommitted = await succeeds(
      patiently(() => rename(own, path)),
      'ENOENT',
      ...inUse,
    )
    if (isCommitted) await syncFolder(dirname(path))
    return isCommitted
  } finally {
    const remove = (path: string): Promise<void> => patiently(() => rm(path, { recursive: true, force: true }))
    await Promise.allSettled([remove(draft), remove(own)])
    // Fails when the next process is in it already, which is as good.
    await patiently(() => rmdir(lock)).catch(() => undefined)
  }
}

/** Reads a file; resolves to `undefined` when there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await patiently(() => readFile(path, 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Removes the drafts that killed processes have left beside the file. */
export async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path)
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(basename(draftStart(path)))) continue
    const draft = join(folder, name)
    const { mtimeMs } = await stat(draft).catch(() => ({ mtimeMs: Infinity }))
    if (mtimeMs < Date.now() - leftoverMs) await rm(draft, { recursive: true }).catch(() => undefined)
  }
}

/** Tries again what Windows refuses while somebody has the file open. */
export async function patiently<T>(operation: () => Promise<T>): Promise<T> {
  for (const giveUpAt = performance.now() + inUseMs; ; await sleep(longestPollMs)) {
    try {
      return await operation()
    } catch (error) {
      if (!inUse.includes(codeOf(error)) || performance.now() > giveUpAt) throw error
    }
  }
}

export function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code)
}

function draftStart(path: string): string {
  return `${path}.draft-`
}

/** Waits for the lock and takes it. */
async function take(lock: string, draft: string, giveUpAt: number): Promise<void> {
  let holder: string | undefined
  let since = 0
  while (!(await succeeds(rename(draft, lock), ...occupied))) {
    const now = performance.now()
    if (now > giveUpAt) throw new EvergrantError('storage_failed', 'the lock of the session file cannot be taken')
    const [present] = await readdir(lock).catch(() => [])
    // Most systems let a folder take the place of an empty one, but not all do.
    if (present === undefined) await rmdir(lock).catch(() => undefined)
    else if (present !== holder) [holder, since] = [present, now]
    else if (now - since > brokenAfterMs) await breakOpen(lock, present, `${draft}-broken`)
    await sleep(Math.random() * longestPollMs)
  }
}

/**
 * Takes the file out of a lock, unless its owner commits it first. Windows goes on with a deletion when the file has been
 * moved meanwhile, and would delete the session; but it moves no folder while somebody moves a file in it.
 */
async function breakOpen(lock: string, file: string, aside: string): Promise<void> {
  if (!isWindows) return rm(join(lock, file), { force: true })
  if (await succeeds(rename(lock, aside), 'ENOENT', ...inUse))
    await rm(aside, { recursive: true }).catch(() => undefined)
}

async function makeFolder(path: string): Promise<void> {
  if (await succeeds(mkdir(path, { mode: 0o700 }), 'ENOENT')) return
  await mkdir(path, { recursive: true, mode: 0o700 })
}

async function writeThrough(path: string, content: string, owner: Stats | undefined): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    if (owner) await give(file, owner)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** To whom a file is left: an administrator who runs the program once must not take it from its user. */
async function ownerToKeep(path: string): Promise<Stats | undefined> {
  if (!isAdministrator()) return undefined
  const owner = await stat(path).catch(() => undefined)
  return owner?.uid === 0 ? undefined : owner
}

/** Deno tells only whom it was permitted to. */
function isAdministrator(): boolean {
  try {
    return process.geteuid?.() === 0
  } catch {
    return false
  }
}

/** Gives away what was opened and not what a path leads to, since the user may exchange what lies in the folder. */
async function give(opened: FileHandle, { uid, gid }: Stats): Promise<void> {
  // Some containers do not let root give anything away; a session that is stored is worth more than its owner.
  await opened.chown(uid, gid).catch(() => undefined)
}

/** The user has to be able to clear the lock away if the administrator's process dies in it. */
async function giveFolder(path: string, owner: Stats): Promise<void> {
  const opened = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_DIRECTORY)
  await give(opened, owner).finally(() => opened.close())
}

/** Makes a rename survive a loss of power, where the system can. Windows cannot open a folder, and needs not. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
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
