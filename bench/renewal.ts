import {
  allowInsecureRequests,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
  type AuthorizationServer as Metadata,
} from 'oauth4webapi'
import type { Figure } from './figure.js'
import {
  assertAllRenewed,
  clientAuth,
  clientId,
  managerAt,
  renewalBy,
  serveRotation,
  timed,
  type Prepare,
} from './renewing.js'
import { compare, runRounds, type Plan } from './rounds.js'

const plan: Plan = { warmUpRounds: 20, rounds: 60, timesPerRound: 30 }

/**
 * A renewal by a manager with its store in memory, over the two calls of oauth4webapi that do the same without one. Both
 * authenticate alike and share the global `fetch`, which keeps its connections.
 */
export async function measureRenewal(): Promise<Figure[]> {
  const server = await serveRotation()
  const tokens = managerAt(server)
  try {
    const [ours, theirs] = [renewalBy(tokens), bareRenewal(server.metadata)]
    const rounds = await runRounds(plan, timed(server, ours), timed(server, theirs))
    assertAllRenewed(server, plan)
    return [
      {
        kind: 'ratio',
        what: 'renewal, store in memory, Node',
        comparedWith: 'a refresh with oauth4webapi',
        comparison: compare(rounds),
        unit: 'ms',
        n: `${plan.rounds * plan.timesPerRound} renewals`,
        budget: 1.15,
        reason: 'a turn is taken, written, told of and ended: about 0.1 ms, however long the server takes',
      },
    ]
  } finally {
    tokens.dispose()
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
