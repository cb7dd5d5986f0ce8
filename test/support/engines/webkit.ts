import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../listen.js'
import type { Engine, EngineKind, Tab } from './engine.js'
import { findProgram } from './find-program.js'
import { clearInput, workIn } from './page-work.js'
import { startTethered } from './tethered.js'
import { WebDriverSession } from './webdriver.js'

const longestWaitMs = 20_000
const pauseMs = 50
/** The name under which WebDriver returns elements: see https://www.w3.org/TR/webdriver2/#elements */
const elementKey = 'element-6066-11e4-a52e-4f735466cecf'

type ElementReference = Record<typeof elementKey, string>

export const webkit: EngineKind = {
  packages: ['webkit2gtk-driver', 'xvfb'],
  find: () => findProgram('Xvfb') && findProgram('WebKitWebDriver'),
  launch: launchWebKit,
}

/**
 * Starts WebKitGTK, which needs a display, on one of its own. Its driver starts the browser for automation (MiniBrowser
 * --automation), which keeps its profile in memory.
 */
async function launchWebKit(path: string): Promise<Engine> {
  const display = startTethered('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x960x24', '-nolisten', 'tcp'])
  const started = [display]
  const stop = async (): Promise<void> => {
    for (const program of started.reverse()) await program.stop()
  }
  try {
    const port = await freePort()
    const variables = { DISPLAY: `:${await display.firstLine()}`, NO_AT_BRIDGE: '1', GSETTINGS_BACKEND: 'memory' }
    started.push(startTethered(path, [`--port=${port}`], variables))
    const session = await WebDriverSession.begin(`http://127.0.0.1:${port}`)
    return {
      name: 'webkit',
      version: session.browserVersion,
      async openTab(url) {
        // A tab of a window that has several is hidden.
        const tab = new WebKitTab(session, await session.openWindow())
        await tab.goto(url)
        return tab
      },
      close: () => session.end().finally(stop),
    }
  } catch (error) {
    await stop()
    throw error
  }
}

class WebKitTab implements Tab {
  private isClosed = false

  constructor(
    private readonly session: WebDriverSession,
    private readonly handle: string,
  ) {}

  evaluate<A extends unknown[], R>(work: (...args: A) => R | Promise<R>, ...args: A): Promise<R> {
    return workIn(
      (expression) => this.command('/execute/sync', { script: `return ${expression}`, args: [] }),
      work,
      args,
    )
  }

  goto(url: string): Promise<void> {
    return this.command('/url', { url })
  }

  reload(): Promise<void> {
    return this.command('/refresh')
  }

  back(): Promise<void> {
    return this.command('/back')
  }

  url(): Promise<string> {
    return this.session.inWindow(this.handle, () => this.session.get('/url'))
  }

  async click(selector: string): Promise<void> {
    await this.waitFor(selector)
    await this.commandElement(selector, 'click')
  }

  async fill(selector: string, text: string): Promise<void> {
    await this.waitFor(selector)
    await this.evaluate(clearInput, selector)
    await this.commandElement(selector, 'value', { text })
  }

  async waitFor(selector: string): Promise<void> {
    const isVisible = (selector: string): boolean => document.querySelector(selector)?.checkVisibility() ?? false
    for (const giveUpAt = performance.now() + longestWaitMs; performance.now() < giveUpAt; await sleep(pauseMs)) {
      // Between two pages there is none to ask.
      if (await this.evaluate(isVisible, selector).catch(() => false)) return
    }
    throw new Error(`there is no ${selector} to be seen`)
  }

  async screenshot(): Promise<Buffer> {
    const image = await this.session.inWindow(this.handle, () => this.session.get<string>('/screenshot'))
    return Buffer.from(image, 'base64')
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    await this.session.inWindow(this.handle, () => this.session.closeWindow())
  }

  private command<T>(path: string, body?: object): Promise<T> {
    return this.session.inWindow(this.handle, () => this.session.post<T>(path, body))
  }

  private commandElement(selector: string, command: string, body?: object): Promise<void> {
    return this.session.inWindow(this.handle, async () => {
      const element = await this.session.post<ElementReference>('/element', { using: 'css selector', value: selector })
      await this.session.post(`/element/${element[elementKey]}/${command}`, body)
    })
  }
}
