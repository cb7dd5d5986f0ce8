import { isEvergrantError } from '../core/errors.js'
import { settled, type TokenManager } from '../core/token-manager.js'
import { authorizationRequest, redeemCode, type AuthorizationOptions } from '../oauth/authorization-code.js'
import { bounded } from '../oauth/http.js'
import { oneAtATime, type UnderWay } from './one-at-a-time.js'
import { newState, pathOf, remember, take } from './pending.js'

/** How a user is sent to sign in. */
export interface SignInOptions extends AuthorizationOptions {
  /** Where in this origin the user wants to go after that; where they are now by default. */
  readonly returnTo?: string | undefined
}

/** What has become of a redirect. */
export interface RedirectOutcome {
  /**
   * `none`: this page does not answer anything that this tab has begun: it was reloaded, opened twice or reached in
   * some other way. Whether somebody is signed in, the manager knows.
   */
  readonly outcome: 'signed_in' | 'signed_out' | 'none'
  /** Where to go now: a path of this origin. */
  readonly returnTo: string
}

/**
 * Sends the user to the authorization server to sign in, by the code flow with PKCE (RFC 6749 section 4.1, RFC 7636,
 * RFC 9700 section 2.1.1). Resolves when the page is about to be left.
 *
 * @throws EvergrantError `misconfigured` when an option makes no sense or the server has no authorization endpoint,
 *   `unavailable` when its metadata cannot be had, `storage_failed` when `sessionStorage` does not work,
 *   `unsupported` where the page is not served over https; where the request is pushed, what the server refuses it with, such as `denied`
 */
export async function signInWithRedirect(tokens: TokenManager, options: SignInOptions): Promise<void> {
  const returnTo = pathOf(options.returnTo)
  const state = newState()
  const { url, sent } = await authorizationRequest(tokens.client, state, options)
  // Whoever was signed in still is, should the user come back without a new session.
  await bounded(tokens[settled]()).catch(() => undefined)
  remember(tokens, state, { type: 'sign_in', returnTo, ...sent })
  location.assign(url)
}

const underWay: UnderWay<RedirectOutcome> = new WeakMap()
const answered = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'session_state']

/**
 * Finishes what {@link signInWithRedirect} or `signOutWithRedirect()` began, on the page the user comes back to. Takes
 * what the server has added out of the address before anything else.
 *
 * @throws EvergrantError when the server refused: `denied`, `login_required`, `unavailable` or `misconfigured`, with its
 *   `error` and `errorDescription`, and `returnTo`; `misconfigured` when the answer is not the one that was asked for
 */
export function handleRedirectCallback(tokens: TokenManager): Promise<RedirectOutcome> {
  return oneAtATime(underWay, tokens, () => finish(tokens))
}

/** An answer that was not for the manager that asked. On a page with several, it is for another one. */
let unclaimed: URLSearchParams | undefined

async function finish(tokens: TokenManager): Promise<RedirectOutcome> {
  const url = new URL(location.href)
  const answer = url.searchParams.has('state') || !unclaimed ? new URLSearchParams(url.search) : unclaimed
  for (const name of answered) url.searchParams.delete(name)
  history.replaceState(history.state, '', url)
  const pending = take(tokens, answer.get('state'))
  unclaimed = pending ? undefined : answer
  if (!pending) return { outcome: 'none', returnTo: '/' }
  const { returnTo } = pending
  if (pending.type === 'sign_out') return { outcome: 'signed_out', returnTo }
  try {
    const { response, sentAt, proofKey } = await redeemCode(tokens.client, answer, pending)
    await tokens.setTokens(response, { receivedAt: sentAt, scope: pending.scope, proofKey })
  } catch (error) {
    throw isEvergrantError(error) ? Object.assign(error, { returnTo }) : error
  }
  return { outcome: 'signed_in', returnTo }
}
