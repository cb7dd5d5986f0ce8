import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PageSettings } from './page/page.js'
import type { Report } from './report.js'

/** What the demo's own server is to do. */
export interface WebServerOptions {
  settings(): PageSettings
  /** Whether a call to the API is allowed. */
  authorize(accessToken: string, askedAt: number): Promise<boolean>
  onReport(name: string, report: Report): void
}

/** A server that runs. */
export interface WebServer {
  /** Of the page. It is on `localhost`, which is a secure context. */
  readonly url: string
  close(): Promise<void>
}

const longestReport = 10_000

/** Serves the page, the API that needs an access token, and the place where tabs report what they see. */
export async function startWebServer(pageProgram: string, options: WebServerOptions): Promise<WebServer> {
  const html = await readFile(new URL('page/index.html', import.meta.url), 'utf8')
  const program = await readFile(pageProgram, 'utf8')
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/') return send(response, 200, 'text/html', html)
    if (pathname === '/page.js') return send(response, 200, 'text/javascript', program)
    if (pathname === '/settings') return send(response, 200, 'application/json', JSON.stringify(options.settings()))
    if (pathname === '/api') return answerCall(request, response, options)
    if (pathname === '/report' && request.method === 'POST') {
      const { name, report } = JSON.parse(await readBody(request)) as { name: string; report: Report }
      options.onReport(name, report)
      return send(response, 204)
    }
    send(response, 404)
  }
  const http = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://localhost:${(http.address() as AddressInfo).port}/`,
    close() {
      http.closeAllConnections()
      return new Promise((resolve) => http.close(() => resolve()))
    },
  }
}

async function answerCall(
  request: IncomingMessage,
  response: ServerResponse,
  options: WebServerOptions,
): Promise<void> {
  const { authorization = '', 'asked-at': askedAt } = request.headers
  const [, token = ''] = /^Bearer (.+)$/.exec(authorization) ?? []
  const isAllowed = await options.authorize(token, Number(askedAt))
  if (!isAllowed) response.setHeader('www-authenticate', 'Bearer error="invalid_token"')
  send(response, isAllowed ? 200 : 401, 'text/plain', isAllowed ? 'Hello, alice.' : '')
}

function send(response: ServerResponse, status: number, type?: string, body?: string): void {
  if (type) response.setHeader('content-type', `${type}; charset=utf-8`)
  response.writeHead(status).end(body)
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const part of request.setEncoding('utf8')) {
    body += part
    if (body.length > longestReport) throw new Error('too long for a report')
  }
  return body
}
