import { execFile } from 'node:child_process'
import { mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestContext } from 'vitest'

const run = promisify(execFile)

/** A file system in memory that is small enough to be filled. */
export interface TinyDisk {
  readonly path: string
  makeReadOnly(): Promise<void>
  makeWritable(): Promise<void>
  remove(): Promise<void>
}

/** Mounts one. Where this is not allowed the test is skipped, and in CI it fails. */
export async function mountTinyDisk(test: TestContext, kilobytes: number): Promise<TinyDisk> {
  try {
    return await mountDisk(kilobytes)
  } catch (error) {
    if (process.env.CI) throw error
    test.skip('only root may mount a file system that is small enough to be filled')
  }
}

/** The same where there is no test. Rejects where it is not allowed. */
export async function mountDisk(kilobytes: number): Promise<TinyDisk> {
  const path = await mkdtemp(join(tmpdir(), 'evergrant-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k,mode=0700`, 'tmpfs', path])
  } catch (error) {
    await rmdir(path)
    throw error
  }
  const remount = async (mode: 'ro' | 'rw'): Promise<void> => void (await run('mount', ['-o', `remount,${mode}`, path]))
  return {
    path,
    makeReadOnly: () => remount('ro'),
    makeWritable: () => remount('rw'),
    async remove() {
      // Something that was begun on it may not be over.
      await run('umount', ['--lazy', path])
      await rmdir(path)
    },
  }
}
