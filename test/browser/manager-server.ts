import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAuthorizationServer, nodeListener } from '../../src/testing.js'
import type { AuthorizationServer, AuthorizationServerOptions } from '../../src/testing.js'
import { listen } from '../support/listen.js'

/** A test authorization server on a port of its own, which pages of other origins may use. */
export interface ServedAuthorizationServer {
  readonly server: AuthorizationServer
  /** When each token request arrived, in milliseconds of `performance.now()`. */
  readonly arrivals: readonly number[]
  close(): void
}

/** Serves one. */
export async function serveAuthorizationServer(
  options: Omit<AuthorizationServerOptions, 'issuer'>,
): Promise<ServedAuthorizationServer> {
  const arrivals: number[] = []
  const http = createServer((incoming, outgoing) => {
    if (incoming.url === '/token') arrivals.push(performance.now())
    nodeListener(server.handle)(incoming, outgoing)
  })
  const port = await listen(http)
  const issuer = `http://localhost:${port}`
  const server = createAuthorizationServer({ ...options, issuer })
  return {
    server,
    arrivals,
    close() {
      http.closeAllConnections()
      http.close()
    },
  }
}

/** Waits until `condition` holds, which it must within `seconds`. */
export async function until(condition: () => Promise<boolean> | boolean, seconds = 20): Promise<void> {
  const giveUpAt = performance.now() + seconds * 1000
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`it did not come true within ${seconds} s: ${condition}`)
    await sleep(20)
  }
}
