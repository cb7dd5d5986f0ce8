// Measures what we publish, and writes bench/RESULTS.md:  npm run bench
import { writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import path from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { readManifest, repository } from '../test/package/installed-package.js'
import { launchChromium } from '../test/support/engines/chromium.js'
import { findEngine } from '../test/support/engines/launch.js'
import type { Figure } from './figure.js'
import { measureHotPathInChromium, measureHotPathInNode } from './hot-path.js'
import { measurePageLoad } from './page-load.js'
import { measureRenewal } from './renewal.js'
import { measurePool } from './pool.js'
import { toLine, toMarkdown } from './report.js'
import { measureBundles } from './sizes.js'
import { measureTabs } from './tabs.js'

const inNode = [measureBundles, measureHotPathInNode, measureRenewal, measurePool]
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

for (const measure of inNode) await take(measure())
const chromium = findEngine('chromium')
if (chromium) {
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
