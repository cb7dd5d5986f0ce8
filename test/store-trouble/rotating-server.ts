import { createServer } from 'node:http'
import { createAuthorizationServer, nodeListener, type AuthorizationServer } from '../../src/testing.js'
import { listen } from '../support/listen.js'

/** A server that rotates strictly, and can be told what to do between a rotation and its answer. */
export interface RotatingServer {
  readonly server: AuthorizationServer
  /** Calls `act` once, after the next use of a refresh token is committed; the answer leaves when it is done. */
  onRotation(act: () => Promise<void>): void
  close(): void
}

/** Serves one on this machine. */
export async function serveRotation(): Promise<RotatingServer> {
  let act: (() => Promise<void>) | undefined
  const http = createServer((incoming, outgoing) => nodeListener(handle)(incoming, outgoing))
  const issuer = `http://127.0.0.1:${await listen(http)}`
  const server = createAuthorizationServer({ issuer, rotation: 'strict' })
  const handle = async (request: Request): Promise<Response> => {
    const before = server.redemptions.length
    const response = await server.handle(request)
    const due = server.redemptions.length > before ? act : undefined
    if (due) act = undefined
    await due?.()
    return response
  }
  return {
    server,
    onRotation: (next) => (act = next),
    close: () => {
      http.closeAllConnections()
      http.close()
    },
  }
}
