import type { BrowserContext, Page } from 'playwright-core'
import { servePages, type PageServer } from '../test/support/page.js'

const headers = {
  // Kept, as real sites have it kept. Chromium 156 keeps what it has compiled, too, but does not use that in a new tab.
  'cache-control': 'max-age=3600',
  // The clock of a page that is isolated is finer: 5 µs instead of 100.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

/** Serves each program in `pages/` as a real site would, in a page of its own under its name. */
export function serveAsSite(...names: string[]): Promise<PageServer> {
  const programs = names.map((name) => new URL(`./pages/${name}.ts`, import.meta.url))
  return servePages(programs, { minify: true, headers })
}

/** Loads a page, and resolves to what its program has `measured`. */
export async function measureIn<T>(page: Page, url: string): Promise<T> {
  await page.goto(url)
  return page.evaluate(() => (window as unknown as { measured: Promise<T> }).measured)
}

/** The same in a tab, and a process, of its own. */
export async function measureInNewTab<T>(context: BrowserContext, url: string): Promise<T> {
  const page = await context.newPage()
  try {
    return await measureIn<T>(page, url)
  } finally {
    await page.close()
  }
}
