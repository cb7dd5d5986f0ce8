import { createServer, type Server } from 'node:http'
import { nodeListener } from '../../src/testing.js'
import { listen } from '../support/listen.js'
import { watchServer, type WatchedServer, type WatchedServerOptions } from './watched-server.js'

/** A watched server on a port. */
export interface ServedServer extends WatchedServer {
  readonly issuer: string
  /** Lets it be as if the network were down, or the server. */
  close(): void
}

/**
 * Serves an authorization server. Where it `asks`, whoever comes to sign in sees a page with a button, as with most
 * servers, and comes back when it is pressed.
 */
export async function serve({
  asks = false,
  ...options
}: WatchedServerOptions & { asks?: boolean }): Promise<ServedServer> {
  const http = createServer((incoming, outgoing) => {
    const { url = '' } = incoming
    if (!asks || !url.startsWith('/authorize?') || url.startsWith(pressed)) return listener(incoming, outgoing)
    const next = url.replace('/authorize?', pressed)
    outgoing.setHeader('content-type', 'text/html')
    outgoing.end(`<!doctype html><title>Sign in</title><a id="continue" href=${JSON.stringify(next)}>Continue</a>`)
  })
  const issuer = `http://localhost:${await listen(http)}`
  const watched = watchServer({ ...options, issuer })
  const listener = nodeListener(watched.handle)
  return { ...watched, issuer, close: () => close(http) }
}

/** How the address begins to which the button of the page leads. */
const pressed = '/authorize?go&'

function close(http: Server): void {
  http.closeAllConnections()
  http.close()
}
