import type { OAuthClient, ServerMetadata } from '../core/client.js'
import { systemEnvironment } from '../core/environment.js'
import { EvergrantError } from '../core/errors.js'
import { clean, codeOf, readMembers } from './answer.js'
import { assertSecure, bounded, isSameUrl, parseUrl } from './http.js'
import { idTokenCheck, toleranceMs } from './id-token.js'
import { assertFree, withQuery } from './parameters.js'
import { codeChallenge, randomSecret } from './pkce.js'
import { requestTokens, type FirstAnswer } from './token-request.js'

/** How a sign-in is asked for: parameters of RFC 6749 section 4.1.1 and OpenID Connect Core section 3.1.2.1. */
export interface AuthorizationOptions {
  /** Where the server sends the user back to; registered with the server. A path is one of this origin. */
  readonly redirectUri: string
  /** In place of the manager's `scope`. */
  readonly scope?: string | undefined
  /** What to ask of the user: `login`, `consent`, `select_account`, or `none` to ask nothing. */
  readonly prompt?: string | undefined
  /** Who probably signs in, such as an address of mail. */
  readonly loginHint?: string | undefined
  /** How many seconds ago the user may have signed in; longer ago, the server asks again. */
  readonly maxAge?: number | undefined
  /** How the user should have signed in, in order of preference, separated by spaces. */
  readonly acrValues?: string | undefined
  /** Whether to push the request to the server first (RFC 9126). It is done anyway where the server requires it. */
  readonly usePushedRequest?: boolean | undefined
  /** Further parameters, such as `audience` or `resource`. */
  readonly additionalParameters?: Readonly<Record<string, string>> | undefined
}

/** What is remembered of a request until its answer comes. */
export interface SentRequest {
  readonly redirectUri: string
  readonly verifier: string
  readonly nonce: string
  readonly scope: string | undefined
  readonly maxAge: number | undefined
}

/**
 * Makes an authorization request with PKCE (RFC 7636) and the URL that asks for it.
 *
 * @throws EvergrantError `misconfigured`, `unavailable`
 */
export async function authorizationRequest(
  client: OAuthClient,
  state: string,
  options: AuthorizationOptions,
): Promise<{ url: URL; sent: SentRequest }> {
  const { scope = client.scope, maxAge, additionalParameters = {} } = options
  const redirectUri = absolute('redirectUri', options.redirectUri)
  const server = await client.metadata()
  assertSecure('authorization_endpoint', server.authorization_endpoint)
  const sent = { redirectUri, verifier: randomSecret(), nonce: randomSecret(), scope, maxAge }
  const ours = {
    response_type: 'code',
    response_mode: undefined,
    client_id: client.clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    nonce: sent.nonce,
    code_challenge: await codeChallenge(sent.verifier),
    code_challenge_method: 'S256',
    prompt: options.prompt,
    login_hint: options.loginHint,
    max_age: maxAge?.toString(),
    acr_values: options.acrValues,
  }
  assertFree(additionalParameters, Object.keys(ours))
  const parameters = { ...additionalParameters, ...ours }
  const isPushed = options.usePushedRequest || server.require_pushed_authorization_requests
  const query = isPushed ? await push(client, parameters) : parameters
  return { url: withQuery(server.authorization_endpoint, query), sent }
}

/**
 * Makes a path absolute. Servers compare redirect URIs letter by letter, so nothing else is touched.
 *
 * @throws EvergrantError `misconfigured` for what is neither a path nor a URL
 */
export function absolute(name: string, uri: string): string {
  const whole = uri.startsWith('/') ? location.origin + uri : uri
  if ((parseUrl(whole)?.protocol ?? 'javascript:') !== 'javascript:') return whole
  throw new EvergrantError('misconfigured', `${name} must be a path of this origin, or a URL`)
}

async function push(
  client: OAuthClient,
  parameters: Readonly<Record<string, string | undefined>>,
): Promise<Record<string, string>> {
  const pushing = client.post('pushed_authorization_request_endpoint', parameters)
  const reading = pushing.then((response) => readMembers(response, systemEnvironment.now(), 'request_uri'))
  const { request_uri } = await bounded(reading)
  return { client_id: client.clientId, request_uri }
}

/**
 * Exchanges the code that the server has sent for tokens (RFC 6749 section 4.1.3).
 *
 * @param answer the parameters that the server has added to the redirect URI
 * @throws EvergrantError with the server's own `error` and `errorDescription` when it has refused; `misconfigured` when
 *   the answer is not the one to this request
 */
export async function redeemCode(
  client: OAuthClient,
  answer: URLSearchParams,
  sent: SentRequest,
): Promise<FirstAnswer> {
  const server = await client.metadata()
  const code = readCode(answer, server)
  const { redirectUri, verifier } = sent
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  const first = await bounded(requestTokens(client, form, code))
  const { response, serverTime = first.sentAt } = first
  if (typeof response.id_token === 'string') assertAnswers(response.id_token, sent, client.clientId, serverTime)
  return first
}

/**
 * The code in an answer of this server (RFC 6749 section 4.1.2, RFC 9207 section 2.4).
 *
 * @param answer the parameters that the server has added to the redirect URI
 * @throws EvergrantError with the server's own `error` and `errorDescription` when it has refused; `misconfigured` when
 *   the answer comes from another server
 */
export function readCode(answer: URLSearchParams, server: ServerMetadata): string {
  const iss = answer.get('iss')
  if (iss === null ? server.authorization_response_iss_parameter_supported : !isSameUrl(iss, server.issuer)) {
    throw new EvergrantError('misconfigured', 'the answer to the sign-in comes from another server (RFC 9207)')
  }
  const code = answer.get('code')
  if (code === null || answer.has('error')) throw refusal(answer)
  return code
}

function refusal(answer: URLSearchParams): EvergrantError {
  const error = answer.get('error') ?? undefined
  return new EvergrantError(codeOf(error), `the server refused the sign-in${error ? `: ${clean(error)}` : ''}`, {
    error: clean(error),
    errorDescription: clean(answer.get('error_description')),
    errorUri: clean(answer.get('error_uri')),
  })
}

/** The ID token belongs to this sign-in, and the user has signed in lately if that was asked for (section 3.1.3.7). */
function assertAnswers(idToken: string, { nonce, maxAge }: SentRequest, clientId: string, now: number): void {
  const { identity } = idTokenCheck(undefined, clientId)(idToken, undefined, now)
  if (!identity) return
  if (identity.nonce !== nonce) throw new EvergrantError('misconfigured', 'the ID token answers another sign-in')
  // By the clock of the server alone, which has issued the token just now.
  const ageMs = (identity.iat - (identity.auth_time ?? 0)) * 1000
  if (maxAge !== undefined && ageMs > maxAge * 1000 + toleranceMs) {
    throw new EvergrantError('login_required', `the server did not ask for a sign-in within ${maxAge} s`)
  }
}
