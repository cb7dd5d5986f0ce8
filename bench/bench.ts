// Measures what we publish, and writes bench/RESULTS.md:  npm run bench
// One part alone is printed as rows of its table:  npm run bench -- --only stores
import { writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { BrowserContext } from 'playwright-core'
import { readManifest, repository } from '../test/package/installed-package.js'
import { launchChromium } from '../test/support/engines/chromium.js'
import { findEngine } from '../test/support/engines/launch.js'
import type { Figure } from './figure.js'
import { measureHotPathInChromium, measureHotPathInNode } from './hot-path.js'
import { measurePageLoad } from './page-load.js'
import { measureRenewal } from './renewal.js'
import { measurePool } from './pool.js'
import { toLine, toMarkdown, toRows } from './report.js'
import { measureBundles } from './sizes.js'
import { measureStores } from './stores.js'
import { measureTabs } from './tabs.js'

const inNode = {
  sizes: measureBundles,
  'getAccessToken() in Node': measureHotPathInNode,
  renewal: measureRenewal,
  stores: measureStores,
  pool: measurePool,
}
const inChromium = {
  'twenty tabs': measureTabs,
  'getAccessToken() in Chromium': measureHotPathInChromium,
  'page load': measurePageLoad,
}

const loadBefore = loadavg()[0]?.toFixed(1)
const figures: Figure[] = []

async function take(measuring: Promise<Figure[]>): Promise<void> {
  for (const figure of await measuring) {
    figures.push(figure)
    console.log(toLine(figure))
  }
}

async function settingOf(context: BrowserContext): Promise<string[]> {
  const versionOf = async (name: string): Promise<string> => {
    const { version } = await readManifest(path.join(repository, 'node_modules', name))
    return `${name} ${version}`
  }
  const { version } = await readManifest(repository)
  const dependencies = await Promise.all(['oauth4webapi', 'idb-keyval'].map(versionOf))
  return [
    `evergrant ${version}, ${dependencies.join(', ')}`,
    `Node ${process.versions.node}, Chromium ${context.browser()?.version()}`,
    `${process.platform} ${process.arch}, ${availableParallelism()} processors, load ${loadBefore} before it began`,
  ]
}

const { only } = parseArgs({ options: { only: { type: 'string' } } }).values
function chosenOf<T>(measures: Readonly<Record<string, T>>): T[] {
  const chosen = Object.entries(measures).filter(([name]) => only === undefined || only === name)
  return chosen.map(([, measure]) => measure)
}

for (const measure of chosenOf(inNode)) await take(measure())
const pages = chosenOf(inChromium)
const chromium = findEngine('chromium')
if (pages.length > 0 && chromium) {
  const browser = await launchChromium(chromium)
  try {
    for (const measure of pages) await take(measure(browser.context))
    if (only === undefined) {
      const report = toMarkdown({ date: new Date(), setting: await settingOf(browser.context), figures })
      await writeFile(new URL('./RESULTS.md', import.meta.url), report)
      console.log('written to bench/RESULTS.md')
    }
  } finally {
    await browser.close()
  }
} else if (pages.length > 0) {
  console.log(`not measured, because Chromium is missing: ${Object.keys(inChromium).join(', ')}`)
  console.log('bench/RESULTS.md is left as it was; on Debian: apt-get install chromium')
  process.exitCode = 1
}
if (only !== undefined) {
  console.log(toRows(figures))
  const names = Object.keys({ ...inNode, ...inChromium })
  if (!names.includes(only)) console.error(`those that can be taken alone: ${names.join(', ')}`)
  process.exitCode = names.includes(only) ? 0 : 2
}
