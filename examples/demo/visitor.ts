import type { Page } from 'playwright-core'
import { launch } from './user.js'

/** Somebody who uses the page, in a browser without a window. */
export interface Visitor {
  /** Reloads one of the tabs. */
  reload(): Promise<void>
  close(): Promise<void>
}

/** Starts Chromium, signs in to the page, and opens it in a second tab. */
export async function startVisitor(executablePath: string, url: string): Promise<Visitor> {
  const browser = await launch(executablePath)
  try {
    const context = await browser.newContext()
    const tab = await context.newPage()
    await tab.goto(url)
    await tab.click('#sign-in')
    await signedIn(tab)
    const secondTab = await context.newPage()
    await secondTab.goto(url)
    await signedIn(secondTab)
    return {
      reload: async () => void (await tab.reload()),
      close: () => browser.close(),
    }
  } catch (error) {
    await browser.close()
    throw error
  }
}

async function signedIn(tab: Page): Promise<void> {
  await tab.waitForSelector('[data-status="active"]')
}
