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
const chosen = Object.entries(inNode).filter(([name]) => only === undefined || only === name)
for (const [, measure] of chosen) await take(measure())
const chromium = findEngine('chromium')
if (only !== undefined) {
  console.log(toRows(figures))
  if (chosen.length === 0) console.error(`those that can be taken alone: ${Object.keys(inNode).join(', ')}`)
  process.exitCode = chosen.length === 0 ? 2 : 0
} else if (chromium) {
  const browser = await launchChromium(chromium)
  try {
    for (const measure of Object.values(inChromium)) await take(measure(browser.context))
    const report = toMarkdown({ date: new Date(), setting: await settingOf(browser.context), figures })
    await writeFile(new URL('./RESULTS.md', import.meta.url), report)
    console.log('written to bench/RESULTS.md')
  } finally {
    await browser.close()
  }
} else {
  console.log(`not measured, because Chromium is missing: ${Object.keys(inChromium).join(', ')}`)
  console.log('bench/RESULTS.md is left as it was; on Debian: apt-get install chromium')
  process.exitCode = 1
}
