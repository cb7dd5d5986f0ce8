import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { mountDisk } from '../support/tiny-disk.js'
import type { Trouble, TroubledStore } from './troubles.js'

const kilobytes = 64

/** A session file on a disk that gets full or read-only, or, for those who may mount none, in a folder that nobody may write to. */
export async function startFileTroubles(): Promise<TroubledStore> {
  return process.getuid?.() === 0 ? onDisk() : inFolder()
}

async function onDisk(): Promise<TroubledStore> {
  const disk = await mountDisk(kilobytes)
  const filler = join(disk.path, 'filler')
  const troubles: Trouble[] = [
    {
      name: 'full disk',
      isSilent: false,
      // Rejects when there is no space left, which is the aim.
      begin: () => writeFile(filler, Buffer.alloc(2 * 1024 * kilobytes)).catch(() => undefined),
      heal: () => rm(filler, { force: true }),
    },
    {
      name: 'read-only disk',
      isSilent: false,
      begin: () => disk.makeReadOnly(),
      heal: () => disk.makeWritable(),
    },
  ]
  return storeIn(disk.path, `tmpfs of ${kilobytes} kB, kernel ${release()}`, troubles, () => disk.remove())
}

async function inFolder(): Promise<TroubledStore> {
  const folder = await mkdtemp(join(tmpdir(), 'evergrant-folder-'))
  const trouble: Trouble = {
    name: 'read-only folder',
    isSilent: false,
    begin: () => chmod(folder, 0o500),
    heal: () => chmod(folder, 0o700),
  }
  return storeIn(folder, `kernel ${release()}`, [trouble], () => rm(folder, { recursive: true, force: true }))
}

function storeIn(
  folder: string,
  disk: string,
  troubles: readonly Trouble[],
  remove: () => Promise<void>,
): TroubledStore {
  return { place: { kind: 'file', address: join(folder, 'session.json') }, versions: { disk }, troubles, remove }
}
