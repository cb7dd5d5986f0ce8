import { clientSecretBasic, createTokenManager, type TokenManager, type TokenStore } from 'evergrant'
import { createAuthorizationServer, nodeListener, type AuthorizationServer } from 'evergrant/testing'
import { createServer } from 'node:http'
import type { ClientAuth } from 'oauth4webapi'
import { listen } from '../test/support/listen.js'
import type { Plan } from './rounds.js'

export const clientId = 'service'
const secret = 'a secret'
export const clientAuth: ClientAuth = clientSecretBasic(secret)

/** Changes a refresh token for new tokens. */
export type Renew = () => Promise<unknown>
/** Takes a refresh token, which is not measured, and tells how to change it. */
export type Prepare = (refreshToken: string) => Promise<Renew>

/** A server that rotates, in this process. */
export interface RotatingServer {
  readonly metadata: { readonly issuer: string; readonly token_endpoint: string }
  readonly authorizationServer: AuthorizationServer
  close(): void
}

export async function serveRotation(): Promise<RotatingServer> {
  const authorizationServer = createAuthorizationServer({ clients: { [clientId]: { secret } } })
  const server = createServer(nodeListener(authorizationServer.handle))
  const port = await listen(server)
  return {
    metadata: { issuer: authorizationServer.issuer, token_endpoint: `http://127.0.0.1:${port}/token` },
    authorizationServer,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A manager that renews when it is asked alone: by itself it would begin before the clock and the counters do. */
export function managerAt({ metadata }: RotatingServer, store?: TokenStore): TokenManager {
  return createTokenManager({ metadata, clientId, clientAuth, autoRenew: false, ...(store && { store }) })
}

/** Gives a manager a refresh token alone, so that the next call has to renew. */
export function renewalBy(tokens: TokenManager): Prepare {
  return async (refreshToken) => {
    await tokens.setTokens({ refresh_token: refreshToken })
    return () => tokens.getAccessToken()
  }
}

/** Measures one renewal of a new session, in milliseconds. */
export function timed({ authorizationServer }: RotatingServer, prepare: Prepare): () => Promise<number> {
  return async () => {
    const { refresh_token: refreshToken } = await authorizationServer.signIn({ clientId })
    const renew = await prepare(String(refreshToken))
    const startedAt = performance.now()
    await renew()
    return performance.now() - startedAt
  }
}

/** A call that got its token without a request would make the figures worthless. */
export function assertAllRenewed({ authorizationServer }: RotatingServer, plan: Plan): void {
  const expected = 2 * (plan.warmUpRounds + plan.rounds) * plan.timesPerRound
  const accepted = authorizationServer.redemptions.filter(({ outcome }) => outcome === 'accepted').length
  if (accepted !== expected) throw new Error(`${accepted} renewals instead of ${expected}`)
}
