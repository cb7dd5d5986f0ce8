import { createTokenManager, type TokenManager, type TokenManagerOptions } from 'evergrant'
import type { WatchedServer } from './watched-server.js'

/** A manager that is a client of a server, which it reaches without a network. Nobody is signed in. */
export function managerAt(
  { server, handle }: Pick<WatchedServer, 'server' | 'handle'>,
  options: Partial<TokenManagerOptions> = {},
): TokenManager {
  const fetch: typeof globalThis.fetch = (input, init) => handle(new Request(input, init))
  return createTokenManager({ issuer: server.issuer, clientId: 'client', autoRenew: false, fetch, ...options })
}

/** The same, with a session of alice. */
export async function signedInAt(
  watched: Pick<WatchedServer, 'server' | 'handle'>,
  options: Partial<TokenManagerOptions> = {},
): Promise<TokenManager> {
  const manager = managerAt(watched, options)
  const scope = 'openid offline_access'
  await manager.setTokens(await watched.server.signIn({ clientId: options.clientId ?? 'client', scope }))
  return manager
}

/** What a call was refused with. */
export function refusal(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'it was not refused',
    (error: unknown) => error,
  )
}
