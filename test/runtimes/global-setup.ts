import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual, promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { runtimesFolder } from './runtimes.js'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Whether the runtimes are there. */
    readonly hasRuntimes: boolean
  }
}

/** They come from the registry: 345 MB, which become 1.1 GB. */
const longestMs = 8 * 60_000

/** Gets the runtimes. Where that is impossible it tells why, and their tests are skipped; in CI nothing may be. */
export async function setup({ provide }: TestProject): Promise<void> {
  const obstacle = await install().then(() => undefined, String)
  if (obstacle !== undefined && process.env.CI) throw new Error(obstacle)
  if (obstacle !== undefined) console.log(`The tests in other runtimes are skipped. ${obstacle}`)
  provide('hasRuntimes', obstacle === undefined)
}

/** Installs them if they are missing or other ones than package-lock.json names. */
async function install(): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('They are there for Linux on x64 alone.')
  if (await isInstalled()) return
  console.log('Installing the runtimes of test/runtimes ...')
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund']
  await promisify(execFile)('npm', ['ci', ...quiet], { cwd: runtimesFolder, timeout: longestMs })
}

async function isInstalled(): Promise<boolean> {
  const [wanted, there] = await Promise.all(['package-lock.json', 'node_modules/.package-lock.json'].map(packagesIn))
  return isDeepStrictEqual(wanted, there)
}

/** What a lock file names. npm leaves one of what it has installed. */
async function packagesIn(file: string): Promise<unknown> {
  const text = await readFile(path.join(runtimesFolder, file), 'utf8').catch(() => '{}')
  const { packages } = JSON.parse(text) as { packages?: Record<string, unknown> }
  return Object.fromEntries(Object.entries(packages ?? {}).filter(([place]) => place !== ''))
}
