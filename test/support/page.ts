import { build } from 'esbuild'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { listen } from './listen.js'

/** A page on this machine that runs a program. */
export interface PageServer {
  /** On `localhost`, which is a secure context. */
  readonly url: string
  close(): void
}

/** Bundles a program for pages, and serves a page that runs it. */
export async function servePage(program: URL): Promise<PageServer> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(program)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  })
  const script = outputFiles[0]?.text ?? ''
  const server = createServer(({ url }, response) => {
    const isScript = url === '/program.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(
      isScript ? script : '<!doctype html><title>evergrant</title><script type="module" src="/program.js"></script>',
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
