import {
  createAuthorizationServer,
  nodeListener,
  type AuthorizationServer,
  type AuthorizationServerOptions,
} from 'evergrant/testing'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An authorization server that runs on this machine, with an API at `/resource` that takes its access tokens. */
export interface LoopbackServer {
  readonly server: AuthorizationServer
  close(): Promise<void>
}

/** Starts one on a free port. All it knows is in memory, and nobody is asked for a password. */
export async function startLoopbackServer(
  options: Omit<AuthorizationServerOptions, 'issuer'>,
): Promise<LoopbackServer> {
  const http = createServer((incoming, outgoing) => nodeListener(server.handle)(incoming, outgoing))
  const issuer = `http://127.0.0.1:${await listen(http)}`
  const server = createAuthorizationServer({ ...options, issuer })
  return { server, close: () => close(http) }
}

/** A port of this machine on which nobody listens. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  const port = await listen(probe)
  await close(probe)
  return port
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
