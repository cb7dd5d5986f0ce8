import { createServer, type Server } from 'node:http'
import { createTokenManager, type TokenManager } from '../../src/index.js'
import { createAuthorizationServer, nodeListener, type AuthorizationServer } from '../../src/testing.js'
import { listen } from '../support/listen.js'

/** A call as it reached the API. */
export interface Call {
  readonly method: string
  readonly body: unknown
  readonly token: string | undefined
}

/** An API on a port of this machine, an authorization server beside it, and a session there. */
export interface Api {
  readonly server: AuthorizationServer
  readonly tokens: TokenManager
  /** Answers `{ subject }` to whoever presents a good token. */
  readonly resource: string
  /** Takes no token. */
  readonly closed: string
  /** Never answers. */
  readonly silent: string
  /** Belongs to somebody else. */
  readonly foreign: string
  /** What reached the API, oldest first. */
  readonly calls: readonly Call[]
  /** What reached the foreign origin. */
  readonly leaks: readonly string[]
  /** How many calls were given up before they were answered. */
  readonly abandoned: number
  signIn(subject: string): Promise<void>
  /** Makes the API refuse the present access token, long before the client would renew it. */
  revokeAccessToken(): Promise<string>
  close(): void
}

const closed = (): Response => new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer' } })
const never = (): Promise<Response> => new Promise(() => undefined)

async function callOf(request: Request): Promise<Call> {
  const text = await request.clone().text()
  const token = request.headers.get('authorization')?.replace('Bearer ', '')
  return { method: request.method, body: text === '' ? undefined : JSON.parse(text), token }
}

export async function startApi(): Promise<Api> {
  const [calls, leaks]: [Call[], string[]] = [[], []]
  const handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (!['/resource', '/closed', '/silent'].includes(pathname)) return server.handle(request)
    calls.push(await callOf(request))
    if (pathname === '/silent') return never()
    return pathname === '/closed' ? closed() : server.handle(request)
  }
  const own = createServer(nodeListener(handle))
  let abandoned = 0
  own.on('request', (_, response) => response.on('close', () => (abandoned += response.writableFinished ? 0 : 1)))
  const other = createServer((request, response) => {
    leaks.push(String(request.url))
    response.end('{}')
  })
  const origin = `http://127.0.0.1:${await listen(own)}`
  const foreign = `http://127.0.0.1:${await listen(other)}/resource`
  const server = createAuthorizationServer({ issuer: origin })
  const tokens = createTokenManager({ issuer: origin, clientId: 'client', allowedOrigins: [origin] })
  const urls = { resource: `${origin}/resource`, closed: `${origin}/closed`, silent: `${origin}/silent`, foreign }
  return {
    ...{ server, tokens, calls, leaks, ...urls },
    get abandoned() {
      return abandoned
    },
    signIn: async (subject) => tokens.setTokens(await server.signIn({ subject })),
    async revokeAccessToken() {
      const token = await tokens.getAccessToken()
      await fetch(`${origin}/revoke`, { method: 'POST', body: new URLSearchParams({ token, client_id: 'client' }) })
      return token
    },
    close() {
      tokens.dispose()
      for (const one of [own, other]) end(one)
    },
  }
}

function end(server: Server): void {
  server.closeAllConnections()
  server.close()
}
