import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchChromium, requireChromium, type Chromium } from '../support/chromium.js'
import { servePage, type PageServer } from '../support/page.js'
import { suites } from './stores-backends.js'
import type { StoresPage } from './stores-page.js'

let browser: Chromium | undefined
let server: PageServer
let page: Page

beforeAll(async () => {
  browser = await launchChromium()
  server = await servePage(new URL('./stores-page.ts', import.meta.url))
  if (!browser) return
  page = await browser.context.newPage()
  await page.goto(server.url)
})

afterAll(async () => {
  await browser?.close()
  server?.close()
})

beforeEach(requireChromium)

for (const [suite, cases] of Object.entries(suites)) {
  describe(`${suite} in Chromium`, () => {
    for (const { name } of cases) {
      test(name, async () => {
        const run = ([suite = '', name = '']: string[]): Promise<string | undefined> =>
          (window as unknown as StoresPage).runCase(suite, name)
        expect(await page.evaluate(run, [suite, name])).toBeUndefined()
      })
    }
  })
}
