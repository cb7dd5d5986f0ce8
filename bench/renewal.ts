import { clientSecretBasic, createTokenManager } from 'evergrant'
import { createAuthorizationServer, nodeListener, type AuthorizationServer } from 'evergrant/testing'
import { createServer } from 'node:http'
import {
  allowInsecureRequests,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
  type AuthorizationServer as Metadata,
} from 'oauth4webapi'
import type { Figure } from './figure.js'
import { compare, runRounds, type Plan } from './rounds.js'
import { listen } from '../test/support/listen.js'

const plan: Plan = { warmUpRounds: 20, rounds: 60, timesPerRound: 30 }
const clientId = 'service'
const secret = 'a secret'
const clientAuth = clientSecretBasic(secret)

/** Changes a refresh token for new tokens. */
type Renew = () => Promise<unknown>
/** Takes a refresh token, which is not measured, and tells how to change it. */
type Prepare = (refreshToken: string) => Promise<Renew>

/**
 * A renewal by a manager with its store in memory, over the two calls of oauth4webapi that do the same without one. Both
 * authenticate alike and share the global `fetch`, which keeps its connections. The manager is made once and left at its
 * defaults, as programs have it; it is given a refresh token alone, so that the next call has to renew.
 */
export async function measureRenewal(): Promise<Figure[]> {
  const authorizationServer = createAuthorizationServer({ clients: { [clientId]: { secret } } })
  const server = createServer(nodeListener(authorizationServer.handle))
  const port = await listen(server)
  const metadata = { issuer: authorizationServer.issuer, token_endpoint: `http://127.0.0.1:${port}/token` }
  const tokens = createTokenManager({ metadata, clientId, clientAuth })
  try {
    const ours: Prepare = async (refreshToken) => {
      await tokens.setTokens({ refresh_token: refreshToken })
      return () => tokens.getAccessToken()
    }
    const theirs = bareRenewal(metadata)
    const rounds = await runRounds(plan, timed(authorizationServer, ours), timed(authorizationServer, theirs))
    assertAllRenewed(authorizationServer)
    return [
      {
        kind: 'ratio',
        what: 'renewal, store in memory, Node',
        comparedWith: 'a refresh with oauth4webapi',
        comparison: compare(rounds),
        unit: 'ms',
        n: `${plan.rounds * plan.timesPerRound} renewals`,
        budget: 1.15,
      },
    ]
  } finally {
    tokens.dispose()
    server.closeAllConnections()
    server.close()
  }
}

function bareRenewal(server: Metadata): Prepare {
  const client = { client_id: clientId }
  const options = { [allowInsecureRequests]: true }
  return async (refreshToken) => async () => {
    const response = await refreshTokenGrantRequest(server, client, clientAuth, refreshToken, options)
    return processRefreshTokenResponse(server, client, response)
  }
}

function timed(server: AuthorizationServer, prepare: Prepare): () => Promise<number> {
  return async () => {
    const { refresh_token: refreshToken } = await server.signIn({ clientId })
    const renew = await prepare(String(refreshToken))
    const startedAt = performance.now()
    await renew()
    return performance.now() - startedAt
  }
}

/** A call that got its token without a request would make the figures worthless. */
function assertAllRenewed({ redemptions }: AuthorizationServer): void {
  const expected = 2 * (plan.warmUpRounds + plan.rounds) * plan.timesPerRound
  const accepted = redemptions.filter(({ outcome }) => outcome === 'accepted').length
  if (accepted !== expected) throw new Error(`${accepted} renewals instead of ${expected}`)
}
