import type { TokenManager } from '../core/token-manager.js'
import { absolute } from '../oauth/authorization-code.js'
import { assertSecure } from '../oauth/http.js'
import { assertFree, withQuery } from '../oauth/parameters.js'
import { oneAtATime, type UnderWay } from './one-at-a-time.js'
import { newState, pathOf, remember } from './pending.js'

/** How a user is sent to sign out. */
export interface SignOutOptions {
  /**
   * Where the server sends the user back to; registered with the server. A path is one of this origin. Without it the user
   * stays at the server.
   */
  readonly postLogoutRedirectUri?: string | undefined
  /** Where in this origin the user goes after that; `/` by default. */
  readonly returnTo?: string | undefined
  /** Further parameters, such as `logout_hint` or `ui_locales`. */
  readonly additionalParameters?: Readonly<Record<string, string>> | undefined
}

const underWay: UnderWay<void> = new WeakMap()
const ours = ['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state']

/**
 * Signs out here, in all tabs and at the server, and sends the user there to end its own session too (OpenID Connect
 * RP-Initiated Logout section 2). A server without that is left out: then the user goes to `postLogoutRedirectUri` at
 * once; without that either, the page is not left.
 *
 * @throws EvergrantError `misconfigured` when an option makes no sense; `storage_failed` as `signOut()` does; `unavailable`
 *   when the server's metadata cannot be had: here the user is signed out all the same
 */
export function signOutWithRedirect(tokens: TokenManager, options: SignOutOptions = {}): Promise<void> {
  return oneAtATime(underWay, tokens, () => leave(tokens, options))
}

async function leave(tokens: TokenManager, options: SignOutOptions): Promise<void> {
  const { returnTo = '/', additionalParameters = {} } = options
  const postLogoutRedirectUri =
    options.postLogoutRedirectUri && absolute('postLogoutRedirectUri', options.postLogoutRedirectUri)
  assertFree(additionalParameters, ours)
  const path = pathOf(returnTo)
  const { client } = tokens
  const { idToken } = await tokens.signOut()
  const { end_session_endpoint } = await client.metadata()
  if (end_session_endpoint !== undefined) assertSecure('end_session_endpoint', end_session_endpoint)
  const target = end_session_endpoint ?? postLogoutRedirectUri
  if (target === undefined) return
  const state = newState()
  const parameters = {
    ...additionalParameters,
    ...(end_session_endpoint !== undefined && {
      id_token_hint: idToken,
      client_id: client.clientId,
      post_logout_redirect_uri: postLogoutRedirectUri,
    }),
    state,
  }
  try {
    remember(tokens, state, { type: 'sign_out', returnTo: path })
  } catch {
    // Then the page that the user comes back to does not know why.
  }
  location.assign(withQuery(target, parameters))
}
