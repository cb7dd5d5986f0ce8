// Takes the pictures of the documentation, in Chromium without a window:
//   node test/setup/run.mjs examples/screenshots.ts
import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { findEngine } from '../test/support/engines/launch.js'
import { startApps } from './demo/apps.js'
import { launch, signIn } from './demo/user.js'

const size = { width: 1280, height: 800 }
const accessTokenSeconds = 20
/** Longer than colours take to change. */
const fadeMs = 500
/** Long enough to fill the axis with renewals. */
const storySeconds = Number(process.argv[2] ?? 115)

const folder = fileURLToPath(new URL('../docs/images/', import.meta.url))

async function take(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await sleep(fadeMs)
    await page.screenshot({ path: `${folder}${name}-${colorScheme}.png` })
  }
}

/** Two tabs, each with its share of the renewals, and a network that was cut for a while. */
async function play(first: Page, second: Page): Promise<void> {
  const share = storySeconds / 10
  const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name }).click()
  await sleep(share * 3 * 1000)
  await press(second, 'Force a renewal')
  await sleep(share * 2 * 1000)
  await press(second, 'Cut the network')
  await sleep(share * 2 * 1000)
  await press(second, 'Restore the network')
  await sleep(share * 3 * 1000)
  await first.bringToFront()
}

const executablePath = findEngine('chromium')
if (executablePath === undefined) throw new Error('Chromium is missing; on Debian: apt-get install chromium')
await mkdir(folder, { recursive: true })
const apps = await startApps({ accessTokenSeconds })
const browser = await launch(executablePath)
try {
  const context = await browser.newContext({ viewport: size, deviceScaleFactor: 1.5 })
  const page = await context.newPage()
  await page.goto(apps.urls.spa)
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  await take(page, 'signed-out')
  await signIn(page)
  const second = await context.newPage()
  await second.goto(apps.urls.spa)
  await play(page, second)
  await take(page, 'timeline')
} finally {
  await browser.close()
  await apps.close()
}
