import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium as playwright, type BrowserContext, type Page } from 'playwright-core'
import type { Engine, EngineKind, Tab } from './engine.js'
import { findProgram } from './find-program.js'
import { clearInput, workIn } from './page-work.js'

const flags = [
  // All but this machine is behind a proxy that there is not, so that Chromium makes no requests of its own.
  '--proxy-server=127.0.0.1:9',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Chromium, with what it alone offers: Playwright's own view of it, and the DevTools protocol. */
export interface Chromium extends Engine {
  readonly context: BrowserContext
  openTab(url: string): Promise<ChromiumTab>
}

export interface ChromiumOptions {
  /** Playwright turns the back/forward cache off, as it loses sight of a page that comes back out of it. Users have it. */
  readonly backForwardCache?: boolean
}

export const chromium: EngineKind = {
  packages: ['chromium'],
  find: () => findProgram('chromium', 'chromium-browser', 'google-chrome'),
  launch: (path) => launchChromium(path),
}

/** Starts Chromium. It is driven by Playwright, over the DevTools protocol. */
export async function launchChromium(
  executablePath: string,
  { backForwardCache = false }: ChromiumOptions = {},
): Promise<Chromium> {
  const profile = await mkdtemp(join(tmpdir(), 'evergrant-chromium-'))
  const ignoreDefaultArgs = backForwardCache ? ['--disable-back-forward-cache'] : []
  const options = { executablePath, args: flags, ignoreDefaultArgs, headless: true }
  const context = await playwright.launchPersistentContext(profile, options)
  return {
    name: 'chromium',
    version: context.browser()?.version() ?? 'unknown',
    context,
    async openTab(url) {
      const page = await context.newPage()
      await page.goto(url)
      return new ChromiumTab(page)
    },
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

export class ChromiumTab implements Tab {
  constructor(readonly page: Page) {}

  evaluate<A extends unknown[], R>(work: (...args: A) => R | Promise<R>, ...args: A): Promise<R> {
    return workIn((expression) => this.page.evaluate(expression), work, args)
  }

  async goto(url: string): Promise<void> {
    await this.page.goto(url)
  }

  async reload(): Promise<void> {
    await this.page.reload()
  }

  async back(): Promise<void> {
    await this.page.goBack()
  }

  async url(): Promise<string> {
    return this.page.url()
  }

  click(selector: string): Promise<void> {
    return this.page.click(selector)
  }

  async fill(selector: string, text: string): Promise<void> {
    await this.waitFor(selector)
    await this.evaluate(clearInput, selector)
    await this.page.locator(selector).pressSequentially(text)
  }

  async waitFor(selector: string): Promise<void> {
    await this.page.waitForSelector(selector)
  }

  screenshot(): Promise<Buffer> {
    return this.page.screenshot()
  }

  close(): Promise<void> {
    return this.page.close()
  }
}
