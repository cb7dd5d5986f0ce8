import { watch, type FSWatcher } from 'node:fs'
import { mkdir, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { setImmediate as nextRound } from 'node:timers/promises'
import { isNewerFormat } from '../core/codec.js'
import { EvergrantError } from '../core/errors.js'
import type { SessionRecord } from '../core/record.js'
import type { SwapResult, TokenStore } from '../core/store.js'
import { findSession, withSession } from './file-content.js'
import { codeOf, patiently, readText, removeLeftovers, replaceFile } from './file-replacement.js'

const longestSwapMs = 4000

/** The writer of each file in this process: those who wait for the lock of a file would only keep it from each other. */
const writers = new Map<string, Promise<unknown>>()

/** Begins `work` when what this process does with the file at `path` is over, whether or not it succeeded. */
function inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
  const result = (writers.get(path) ?? Promise.resolve()).then(work)
  const over = result.then(
    () => undefined,
    () => undefined,
  )
  writers.set(path, over)
  void over.then(() => writers.get(path) === over && writers.delete(path))
  return result
}

/**
 * Keeps sessions in one file that only its owner may read, shared by any number of processes of this machine. A swap
 * counts once it is on the disk. A process that is killed or stopped at any instant leaves either the old content or the
 * new, and holds up the others for less than a second.
 *
 * The processes need write access to the folder, where drafts and a lock stand beside the file for a moment. A file that
 * is damaged is kept as `<path>.corrupt` when it is written next.
 *
 * @param path of the file; its folder is made when it is missing, and where it is a link, the file behind it is used
 */
export function fileStore(path: string): TokenStore {
  const absolute = resolve(path)
  let swept: Promise<void> | undefined
  let reading: Promise<string | undefined> | undefined
  /** All who are told of one change look by one look, which begins after the last of them has asked. */
  const look = async (): Promise<string | undefined> => {
    await nextRound()
    reading = undefined
    return readText(absolute)
  }
  return {
    durability: 'strict',
    read: async (key) => findSession(await (reading ??= look()), key),
    async swap(key, expected, next) {
      const file = await behindLinks(absolute)
      await (swept ??= removeLeftovers(file))
      const giveUpAt = performance.now() + longestSwapMs
      return inTurn(file, () => swap(file, key, expected, next, giveUpAt))
    },
    watch: (_key, onChange) => watchFile(absolute, onChange),
  }
}

async function swap(
  path: string,
  key: string,
  expected: unknown,
  next: SessionRecord | undefined,
  giveUpAt: number,
): Promise<SwapResult> {
  while (performance.now() < giveUpAt) {
    const basis = await readText(path)
    const current = findSession(basis, key)
    if (current?.revision !== expected || isNewerFormat(current?.record)) return { won: false, current }
    const content = withSession(basis, key, next)
    const setAside = current?.record.state === 'unreadable' ? `${path}.corrupt` : undefined
    if (await replaceFile({ path, basis, content, setAside, giveUpAt }))
      return { won: true, revision: findSession(content, key)?.revision }
  }
  throw new EvergrantError(
    'storage_failed',
    'the session file cannot be replaced: too many processes write it, or another program keeps it open',
  )
}

/** The file that `path` leads to, so that all who share it take the same lock and replace the same file. */
async function behindLinks(path: string): Promise<string> {
  try {
    return await patiently(() => realpath(path))
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  const link = await readlink(path).catch(() => undefined)
  return link === undefined ? path : behindLinks(resolve(await realpath(dirname(path)), link))
}

/**
 * Watches the folder, since the file is another one after each change. Where watching is impossible nothing is told:
 * holders look into the store anyway when they need a token.
 */
function watchFile(path: string, onChange: () => void): () => void {
  let watcher: FSWatcher | undefined
  let isOver = false
  const begin = async (): Promise<void> => {
    const file = await behindLinks(path)
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    if (isOver) return
    // Deno ignores `persistent`, and lets go for one event at a time.
    const letGo = (): void => void watcher?.unref()
    watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
      setImmediate(letGo)
      if (!isOver && (name === null || name === basename(file))) onChange()
    })
    watcher.on('error', () => watcher?.close())
    letGo()
    // Nobody has told of what changed until here.
    onChange()
  }
  begin().catch(() => undefined)
  return () => {
    isOver = true
    watcher?.close()
  }
}
