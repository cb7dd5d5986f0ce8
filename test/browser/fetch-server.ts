import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from '../support/listen.js'

/** A request as an API got it. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly contentType: string | undefined
  readonly body: string
  /** Whether the client has gone before it was answered. */
  isGivenUp: boolean
}

/** An API on an origin of its own, which pages of all other origins may use. */
export interface ApiServer {
  readonly origin: string
  readonly received: Received[]
  close(): void
}

/**
 * Serves one. `/silent` does not answer, `/refuse` refuses all tokens but `token-1`; its `challenge` is hidden from pages
 * unless there is `exposed`. Everything else says ok, or with `to` redirects there with the status `status`.
 */
export async function serveApi(): Promise<ApiServer> {
  const received: Received[] = []
  const http = createServer((incoming, outgoing) => void receive(incoming, outgoing, received))
  const port = await listen(http)
  return {
    origin: `http://localhost:${port}`,
    received,
    close() {
      http.closeAllConnections()
      http.close()
    },
  }
}

async function receive(incoming: IncomingMessage, outgoing: ServerResponse, received: Received[]): Promise<void> {
  outgoing.setHeader('access-control-allow-origin', '*')
  if (incoming.method === 'OPTIONS') {
    const [methods, headers] = ['access-control-allow-methods', 'access-control-allow-headers']
    outgoing.writeHead(204, { [methods]: '*', [headers]: 'authorization, content-type' }).end()
    return
  }
  const chunks: Buffer[] = []
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
  } catch {
    return
  }
  const { pathname: path, searchParams } = new URL(incoming.url ?? '', 'http://localhost')
  const { authorization, 'content-type': contentType } = incoming.headers
  const method = incoming.method ?? ''
  const request = { method, path, authorization, contentType, body: Buffer.concat(chunks).toString(), isGivenUp: false }
  received.push(request)
  outgoing.on('close', () => (request.isGivenUp = !outgoing.writableFinished))
  answer(request, searchParams, outgoing)
}

function answer({ path, authorization }: Received, query: URLSearchParams, outgoing: ServerResponse): void {
  if (path === '/silent') return
  const to = query.get('to')
  if (path === '/refuse' && authorization !== 'Bearer token-1') {
    if (query.has('exposed')) outgoing.setHeader('access-control-expose-headers', 'www-authenticate')
    outgoing.writeHead(401, { 'www-authenticate': query.get('challenge') ?? 'Bearer error="invalid_token"' }).end('no')
  } else if (to) outgoing.writeHead(Number(query.get('status')), { location: to }).end()
  else outgoing.end('ok')
}
