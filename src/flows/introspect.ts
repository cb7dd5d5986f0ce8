import type { TokenManager } from '../core/token-manager.js'
import type { PooledSession } from '../core/token-pool.js'
import { bounded } from '../oauth/http.js'
import { requestIntrospection, type IntrospectionResponse } from '../oauth/introspection.js'
import { useHeldToken, type TokenChoice } from './held-token.js'

/**
 * Asks the server what a token of the session is worth (RFC 7662): the access token by default. It is asked about the token
 * as it is, and nothing is renewed for it. That a token is worth nothing is an answer, `active: false`, and no error;
 * whatever the server says, the session stays as it is. Answers are not cached. Waits at most ten seconds.
 *
 * @throws EvergrantError `login_required` or `lost_in_flight` when there is no session; `unsupported` where the server offers
 *   no such thing; `unavailable`, `misconfigured` or `denied` as it says; `misconfigured` when the session holds no such token
 */
export function introspect(
  tokens: TokenManager | PooledSession,
  { token: name = 'access_token', ...kind }: TokenChoice = {},
): Promise<IntrospectionResponse> {
  return useHeldToken(tokens, name, kind, (token) => bounded(requestIntrospection(tokens.client, token, name)))
}
