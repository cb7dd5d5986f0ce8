import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { chromium, type BrowserContext } from 'playwright-core'
import type { TestContext } from 'vitest'

const names = ['chromium', 'chromium-browser', 'google-chrome']
const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A browser with a profile of its own that is removed with it. */
export interface Chromium {
  readonly context: BrowserContext
  close(): Promise<void>
}

/** Where Chromium is installed on this machine, if it is. `test/setup/prepare.mjs` installs it in CI. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram)
}

/** To be called before each test that needs Chromium: where there is none the test is skipped, and in CI it fails. */
export function requireChromium(test: TestContext): void {
  if (findChromium() !== undefined) return
  const reason = 'Chromium is missing; on Debian: apt-get install chromium'
  if (process.env.CI) throw new Error(reason)
  test.skip(reason)
}

/** Starts Chromium on a new profile on the disk. Resolves to `undefined` where there is none. */
export async function launchChromium(): Promise<Chromium | undefined> {
  const executablePath = findChromium()
  if (executablePath === undefined) return undefined
  const profile = await mkdtemp(join(tmpdir(), 'evergrant-chromium-'))
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: flags, headless: true })
  return {
    context,
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
