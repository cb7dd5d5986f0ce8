import { createServer } from 'node:http'
import { clientSecret } from './remote.js'
import {
  commonFaults,
  createAuthorizationServer,
  nodeListener,
  type AuthorizationServer,
  type AuthorizationServerOptions,
} from '../../src/testing.js'
import { listen } from '../support/listen.js'

/** An authorization server on a port, which `Remote` may ask more than any client of it. */
export interface RemoteServer {
  readonly server: AuthorizationServer
  /** Breaks all connections, as a load balancer does with those that stand idle. */
  breakConnections(): void
  close(): void
}

export async function startServer(options: AuthorizationServerOptions = {}): Promise<RemoteServer> {
  const http = createServer((incoming, outgoing) => listener(incoming, outgoing))
  const issuer = `http://127.0.0.1:${await listen(http)}`
  const server = createAuthorizationServer({
    clients: { client: {}, web: { secret: clientSecret } },
    ...options,
    issuer,
  })
  const answers = answersOf(server)
  const listener = nodeListener(async (request) => {
    const [, question] = /\/test\/(.+)$/.exec(request.url) ?? []
    const answer = question && answers[question]
    return answer ? Response.json((await answer(await request.text())) ?? null) : server.handle(request)
  })
  return {
    server,
    breakConnections: () => http.closeAllConnections(),
    close() {
      http.closeAllConnections()
      http.close()
    },
  }
}

type Answers = Readonly<Record<string, (about: string) => unknown>>

function answersOf(server: AuthorizationServer): Answers {
  const elsewhere = { location: `${server.issuer}/token`, 'retry-after': '60' }
  let family = -1
  let earlier = 0
  return {
    async 'sign-in'(clientId) {
      const refreshToken = String((await server.signIn({ clientId })).refresh_token)
      family = server.inspect(refreshToken)?.family ?? -1
      earlier = server.redemptions.length
      return refreshToken
    },
    outcomes: () => server.redemptions.slice(earlier).map(({ outcome }) => outcome),
    'is-usable': (token) => server.inspect(token)?.isUsable ?? false,
    'end-session': () => server.revoke(family),
    'fail-next': () => server.failNext(commonFaults.unavailable(60)),
    'redirect-next': () => server.failNext({ type: 'respond', status: 307, headers: elsewhere }),
  }
}
