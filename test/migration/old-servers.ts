import { build, type BuildOptions } from 'esbuild'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { TokenResponse } from '../../src/index.js'
import type { Redemption } from '../../src/testing.js'
import { serve } from '../flows/serve.js'
import { listen } from '../support/listen.js'

/** Where the old libraries are installed. */
export const librariesFolder: string = fileURLToPath(new URL('../../.cache/old-libraries/', import.meta.url))

/** A test server at which the old libraries can sign in. */
export interface OldServer {
  readonly issuer: string
  /** Its last tokens. */
  readonly answer: TokenResponse
  readonly redemptions: readonly Redemption[]
  close(): void
}

/** Serves what the libraries expect beyond the standard: Okta's and Auth0's addresses, and tokens that look like theirs. */
export async function serveOldClients(): Promise<OldServer> {
  let answer: TokenResponse = {}
  const served = await serve({
    async intercept(request, pass) {
      const response = await pass(await asUsual(request))
      if (request.method !== 'POST' || !request.url.endsWith('/token') || !response.ok) return response
      answer = withUsualTokens((await response.json()) as TokenResponse)
      return Response.json(answer, { headers: { 'access-control-allow-origin': '*' } })
    },
  })
  return {
    issuer: served.issuer,
    get answer() {
      return answer
    },
    redemptions: served.server.redemptions,
    close: served.close,
  }
}

/** Their authorization and token endpoints lie below others, and version 1 of Auth0's library sends JSON there. */
async function asUsual(request: Request): Promise<Request> {
  const url = request.url.replace(/(?<=:\d+)\/oauth2?(\/v1)?(?=\/)/, '')
  if (request.method !== 'POST') return new Request(url, request)
  const text = await request.text()
  const form = text.startsWith('{') ? (JSON.parse(text) as Record<string, string>) : text
  return new Request(url, { method: 'POST', body: new URLSearchParams(form) })
}

/** Access tokens are JWTs, and all tokens signed with RS256. They are not, and none of the libraries looks. */
function withUsualTokens(answer: TokenResponse): TokenResponse {
  const header = encode({ alg: 'RS256', kid: 'test' })
  const accessToken = `${header}.${encode({ jti: answer.access_token })}.c2ln`
  return { ...answer, access_token: accessToken, id_token: answer.id_token?.replace(/^[^.]+/, header) }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** Serves two pages: `/old`, which runs a program that imports the old libraries, and `/new`. */
export async function servePrograms(program: string): Promise<{ readonly url: string; close(): void }> {
  const scripts = new Map([
    ['/old.js', await bundle({ stdin: { contents: program, resolveDir: librariesFolder } })],
    ['/new.js', await bundle({ entryPoints: [fileURLToPath(new URL('./new-application.ts', import.meta.url))] })],
  ])
  const server = createServer(({ url = '' }, response) => {
    const { pathname } = new URL(url, 'http://localhost')
    const script = scripts.get(pathname)
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript')
    response.end(script ?? `<!doctype html><title>a page</title><script type="module" src="${pathname}.js"></script>`)
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

async function bundle(entry: BuildOptions): Promise<string> {
  const result = await build({
    ...entry,
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  })
  return result.outputFiles?.[0]?.text ?? ''
}
