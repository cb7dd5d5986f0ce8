import { build } from 'esbuild'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import { listen } from '../test/support/listen.js'
import type { PageServer } from '../test/support/page.js'

const headers: readonly [string, string][] = [
  // Kept, as real sites have it kept: then the browser keeps what it has compiled, too.
  ['cache-control', 'max-age=3600'],
  // The clock of a page that is isolated is finer: 5 µs instead of 100.
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-embedder-policy', 'require-corp'],
]

/** Serves each program in `pages/`, bundled and minified, in a page of its own under its name. */
export async function servePages(...names: string[]): Promise<PageServer> {
  const scripts = new Map<string, string>()
  for (const name of names) scripts.set(`/${name}.js`, await bundleForPage(name))
  const server = createServer(({ url = '' }, response) => {
    const script = scripts.get(url)
    response.setHeaders(new Map([...headers, ['content-type', script === undefined ? 'text/html' : 'text/javascript']]))
    response.end(script ?? `<!doctype html><title>evergrant</title><script type="module" src="${url}.js"></script>`)
  })
  const port = await listen(server)
  return {
    url: `http://localhost:${port}/`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function bundleForPage(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`./pages/${name}.ts`, import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
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
