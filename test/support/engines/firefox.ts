import { launch, type Page } from 'puppeteer-core'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, EngineKind, Tab } from './engine.js'
import { findProgram } from './find-program.js'
import { clearInput, workIn } from './page-work.js'

/** All but this machine is behind a proxy that there is not, so that Firefox makes no requests of its own. */
const preferences = {
  'network.proxy.type': 1,
  'network.proxy.http': '127.0.0.1',
  'network.proxy.http_port': 9,
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': 9,
  'network.proxy.failover_direct': false,
  'network.proxy.allow_bypass': false,
}

const longestWaitMs = 20_000

export const firefox: EngineKind = {
  packages: ['firefox-esr'],
  find: () => findProgram('firefox-esr', 'firefox'),
  launch: launchFirefox,
}

/**
 * Starts Firefox on a profile that Puppeteer makes and removes. It is driven over WebDriver BiDi, without news of the
 * network: to tell of each request makes Firefox slower and slower, until databases take seconds.
 */
async function launchFirefox(executablePath: string): Promise<Engine> {
  const options = { executablePath, extraPrefsFirefox: preferences, headless: true, networkEnabled: false }
  const browser = await launch({ browser: 'firefox', ...options })
  const version = await browser.version()
  return {
    name: 'firefox',
    version: version.replace(/^firefox\//i, ''),
    async openTab(url) {
      // A tab of a window that has several is hidden, unless it is the last.
      const page = await browser.newPage({ type: 'window' })
      await page.goto(url)
      return new FirefoxTab(page)
    },
    close: () => browser.close(),
  }
}

class FirefoxTab implements Tab {
  constructor(private readonly page: Page) {}

  evaluate<A extends unknown[], R>(work: (...args: A) => R | Promise<R>, ...args: A): Promise<R> {
    return workIn((expression) => this.page.evaluate(expression) as Promise<string>, work, args)
  }

  goto(url: string): Promise<void> {
    return this.navigate((url) => location.assign(url), url)
  }

  reload(): Promise<void> {
    return this.navigate(() => location.reload())
  }

  back(): Promise<void> {
    return this.navigate(() => history.back())
  }

  url(): Promise<string> {
    return this.evaluate(() => location.href)
  }

  async click(selector: string): Promise<void> {
    await this.waitFor(selector)
    await this.page.click(selector)
  }

  async fill(selector: string, text: string): Promise<void> {
    await this.waitFor(selector)
    await this.evaluate(clearInput, selector)
    await this.page.type(selector, text)
  }

  async waitFor(selector: string): Promise<void> {
    await this.page.waitForSelector(selector, { visible: true })
  }

  async screenshot(): Promise<Buffer> {
    return Buffer.from(await this.page.screenshot())
  }

  async close(): Promise<void> {
    if (!this.page.isClosed()) await this.page.close()
  }

  /** Once a page has come out of the back/forward cache, Puppeteer waits in vain for the end of each navigation. */
  private async navigate<A extends unknown[]>(go: (...args: A) => void, ...args: A): Promise<void> {
    const before = await this.evaluate(whereabouts)
    await this.evaluate(go, ...args).catch(() => undefined)
    for (const giveUpAt = performance.now() + longestWaitMs; performance.now() < giveUpAt; await sleep(20)) {
      const now = await this.evaluate(whereabouts).catch(() => undefined)
      if (now?.isLoaded && now.document !== before.document) return
    }
    throw new Error('the navigation does not end')
  }
}

/** No two documents have the same origin of time. */
function whereabouts(): { document: string; isLoaded: boolean } {
  return { document: `${performance.timeOrigin} ${location.href}`, isLoaded: document.readyState === 'complete' }
}
