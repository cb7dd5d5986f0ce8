import { readChallenges, type Challenge } from './challenge.js'
import type { Environment } from './environment.js'
import { EvergrantError } from './errors.js'
import type { TokenEvent } from './events.js'
import type { ProvenRequest, Send } from './proof.js'
import type { AccessTokenOptions, Tokens } from './token-manager.js'

/** What a proof is about, and whether the request can be sent once more. */
export type ApiRequest = Pick<ProvenRequest, 'method' | 'url' | 'isRepeatable'>

/** What calls to APIs are made with. */
export interface AuthorizedFetchParts {
  readonly environment: Environment
  /** The origins that may be sent the access token, and no other. */
  readonly allowedOrigins: ReadonlySet<string>
  getTokens(options: AccessTokenOptions): Promise<Tokens>
  /** Lets `send` send a request, with a proof when the session is bound to a key. */
  prove(request: ApiRequest, tokens: Tokens, send: Send): Promise<Response>
  /** Is told what more than a new token an API demands. */
  onChallenge(event: TokenEvent): void
}

/** What cannot be mended by a new token of the same kind, so that renewing would be in vain. */
const demands = ['insufficient_scope', 'insufficient_user_authentication'] as const

/**
 * A `fetch` that sends the access token along (RFC 6750 section 2.1). When the API answers that it does not take the
 * token, there is one renewal for all calls, and the call is repeated once. A second refusal is the caller's, as is
 * everything else an API says: none of it ends the session.
 */
export function authorizedFetch(parts: AuthorizedFetchParts): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { url, signal } = request
    const { origin } = new URL(url)
    if (!parts.allowedOrigins.has(origin)) {
      throw new EvergrantError(
        'misconfigured',
        `fetch: to send the access token to ${origin}, add it to allowedOrigins`,
      )
    }
    /** A caller that gave up gets its own reason, as from `fetch`. */
    const getTokens = (rejected?: string): Promise<Tokens> =>
      parts.getTokens({ rejected, signal }).catch((error: unknown) => {
        signal.throwIfAborted()
        throw error
      })
    // As with `fetch`, what the caller does to its arguments from now on changes nothing.
    const copy = copyOf(request, input, init)
    const tokens = await getTokens()
    const isRepeatable = copy !== undefined
    const response = await send(parts, request, tokens, isRepeatable)
    if (!isRefused(response, request, tokens)) return response
    // A renewal that fails is no reason to keep the answer of the API from the caller.
    const rejected = tokens.accessToken
    const next = await getTokens(rejected).catch(() => signal.throwIfAborted())
    if (!copy || hasActed(request, response)) return response
    // What one session has begun is not repeated in another, which may be another user's.
    if (!next || next.accessToken === rejected || next.sessionId !== tokens.sessionId) return response
    response.body?.cancel().catch(() => undefined)
    return send(parts, copy, next, isRepeatable)
  }
}

async function send(
  parts: AuthorizedFetchParts,
  request: Request,
  tokens: Tokens,
  isRepeatable: boolean,
): Promise<Response> {
  const { method, url } = request
  const response = await parts.prove({ method, url, isRepeatable }, tokens, (proof) => {
    const sent = proof && isRepeatable ? request.clone() : request
    sent.headers.set('authorization', `${tokens.tokenType} ${tokens.accessToken}`)
    if (proof) sent.headers.set('dpop', proof)
    return parts.environment.fetch(sent, optionsOf(request))
  })
  for (const { parameters } of challengesOf(response, request, tokens)) {
    const error = demands.find((demand) => demand === parameters.get('error'))
    if (!error) continue
    const maxAge = parameters.get('max_age') ?? ''
    parts.onChallenge({
      type: 'challenge',
      error,
      origin: new URL(url).origin,
      scope: parameters.get('scope'),
      acrValues: parameters.get('acr_values'),
      maxAge: /^\d+$/.test(maxAge) ? Number(maxAge) : undefined,
      resourceMetadata: parameters.get('resource_metadata'),
    })
  }
  return response
}

/** Firefox forgets the `keepalive` of a Request; and to be given any option makes `fetch` forget its referrer. */
function optionsOf({ keepalive, referrer, referrerPolicy }: Request): RequestInit | undefined {
  return keepalive ? { keepalive, referrer, referrerPolicy } : undefined
}

/** Whether a new token may help. Pages of other origins often cannot read the challenge: then it may. */
function isRefused(response: Response, request: Request, tokens: Tokens): boolean {
  if (response.status !== 401 || isForeign(response, request)) return false
  if (readChallenges(response.headers.get('www-authenticate')).length === 0) return true
  return challengesOf(response, request, tokens).some(({ parameters }) => {
    const error = parameters.get('error')
    return error === undefined || error === 'invalid_token'
  })
}

/** The challenges that are about the token. One that quotes it loses the quotation. */
function challengesOf(response: Response, request: Request, { accessToken, tokenType }: Tokens): Challenge[] {
  const isSilent = response.ok || isForeign(response, request)
  const header = isSilent ? null : response.headers.get('www-authenticate')
  const challenges = readChallenges(header && header.replaceAll(accessToken, '[secret]'))
  return challenges.filter(({ scheme }) => scheme === tokenType.toLowerCase())
}

/** Whether a redirect has led to another origin, which was not shown the token. */
function isForeign({ redirected, url }: Response, request: Request): boolean {
  return redirected && new URL(url).origin !== new URL(request.url).origin
}

/** Whether the API may have done what it was asked for before it redirected (RFC 9110 section 15.4.4). */
function hasActed({ method }: Request, { redirected }: Response): boolean {
  return redirected && method !== 'GET' && method !== 'HEAD'
}

/**
 * What to send when the call is repeated. It is made anew where that can be, because a clone holds all of the body in
 * memory.
 */
function copyOf(request: Request, ...[input, init]: Parameters<typeof fetch>): Request | undefined {
  if (isStream(init?.body)) return undefined
  return init?.body ? new Request(input, init) : request.clone()
}

/** Whether a body can be sent only once. */
function isStream(body: unknown): boolean {
  return 'getReader' in Object(body) || Symbol.asyncIterator in Object(body)
}
