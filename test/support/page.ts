import { build } from 'esbuild'
import { createServer } from 'node:http'
import { parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listen } from './listen.js'

/** A server of pages on this machine. */
export interface PageServer {
  /** On `localhost`, which is a secure context. */
  readonly url: string
  close(): void
}

export interface PageOptions {
  readonly minify?: boolean
  /** Of every answer. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Bundles a program for pages, and serves a page that runs it, under every path. */
export function servePage(program: URL): Promise<PageServer> {
  return servePages([program])
}

/** The same for several. The page `/name` runs the program that is called so, and every other one the first program. */
export async function servePages(
  programs: readonly URL[],
  { minify = false, headers = {} }: PageOptions = {},
): Promise<PageServer> {
  const scripts = new Map<string, string>()
  for (const program of programs) scripts.set(parse(program.pathname).name, await bundle(program, minify))
  const [first] = scripts.keys()
  const server = createServer(({ url = '' }, response) => {
    const { name, ext } = parse(new URL(url, 'http://localhost').pathname)
    const script = ext === '.js' ? scripts.get(name) : undefined
    const program = scripts.has(name) ? name : first
    response.setHeaders(new Map(Object.entries(headers)))
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript')
    response.end(
      script ?? `<!doctype html><title>evergrant</title><script type="module" src="/${program}.js"></script>`,
    )
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

async function bundle(program: URL, minify: boolean): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(program)],
    bundle: true,
    minify,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}
