import type { AuthorizationCodes } from './authorization-codes.js'
import type { ClientRegistration, Clients } from './clients.js'
import type { PushedRequests } from './pushed-requests.js'
import { page, redirect, respond } from './responses.js'
import { signInOf } from './sign-ins.js'

/** What a browser comes with to sign a user in. */
export interface AuthorizationRequest {
  /** Of the address, or of the request that was pushed. */
  readonly parameters: URLSearchParams
  /** Whether the client sent it ahead (RFC 9126). */
  readonly isPushed: boolean
}

/** What becomes of it: somebody is signed in, or the application is told why not. */
export type AuthorizationDecision =
  | {
      readonly subject: string
      /** When the user was authenticated, in milliseconds since 1970; now by default. */
      readonly authenticatedAt?: number
      /** How well the user was authenticated; by default as the first of the `acr_values` says, if there are any. */
      readonly acr?: string
    }
  | {
      /** Such as `access_denied`, or `login_required` where the request says `prompt=none`. */
      readonly error: string
      readonly errorDescription?: string
    }

/** How a server signs users in who come by a redirect. */
export interface AuthorizationOptions {
  /** Decides for each request; `alice` is signed in without a question by default. */
  readonly authorize?:
    ((request: AuthorizationRequest) => AuthorizationDecision | Promise<AuthorizationDecision>) | undefined
  /** Whether the answer names the issuer (RFC 9207); `true` by default. */
  readonly sendsIssuer?: boolean | undefined
  /** Whether requests have to be pushed (RFC 9126); `false` by default. */
  readonly requirePushedRequests?: boolean | undefined
  /** Whether who asks for `offline_access` gets it, and with it a refresh token; `true` by default. */
  readonly offlineAccess?: boolean | undefined
}

/** What the endpoint has of its server. */
interface Surroundings {
  readonly issuer: string
  readonly clients: Clients
  readonly codes: AuthorizationCodes
  readonly pushedRequests: PushedRequests
  readonly now: () => number
}

interface Refusal {
  readonly error: string
  readonly errorDescription: string
}

/** The authorization endpoint, and the one to which its requests are pushed. */
export class AuthorizationEndpoint {
  constructor(
    private readonly options: AuthorizationOptions,
    private readonly server: Surroundings,
  ) {}

  /** Answers the request that a browser brings. */
  async answer(query: URLSearchParams): Promise<Response> {
    const { clients, pushedRequests, now } = this.server
    const requestUri = query.get('request_uri')
    const isPushed = requestUri !== null
    const parameters = isPushed ? pushedRequests.take(requestUri, query.get('client_id'), now()) : query
    if (!parameters) return page(400, 'invalid_request_uri')
    const client = clients.find(parameters.get('client_id'))
    const untrusted = whyUntrusted(parameters, client)
    if (untrusted) return page(400, `${untrusted.error}: ${untrusted.errorDescription}`)
    const decision =
      this.#whyRefused(parameters, client, isPushed) ??
      (await this.options.authorize?.({ parameters, isPushed })) ??
      ({ subject: 'alice' } as const)
    return this.#sendBack(parameters, decision)
  }

  /** Keeps a request for later, if it is one that would be answered. */
  push(form: URLSearchParams, clientId: string): Response {
    const { clients, pushedRequests, now } = this.server
    const client = clients.find(clientId)
    const refusal: Refusal | undefined = form.has('request_uri')
      ? { error: 'invalid_request', errorDescription: 'request_uri cannot be pushed' }
      : (whyUntrusted(form, client) ?? this.#whyRefused(form, client, true))
    if (refusal) return respond(400, {}, { error: refusal.error, error_description: refusal.errorDescription })
    const parameters = new URLSearchParams(form)
    parameters.set('client_id', clientId)
    return respond(201, {}, pushedRequests.push(parameters, now()))
  }

  /** What the application is told itself: see RFC 6749 section 4.1.2.1. */
  #whyRefused(
    parameters: URLSearchParams,
    client: ClientRegistration | undefined,
    isPushed: boolean,
  ): Refusal | undefined {
    if (parameters.get('response_type') !== 'code') {
      return { error: 'unsupported_response_type', errorDescription: 'response_type has to be code' }
    }
    if (this.options.requirePushedRequests && !isPushed) {
      return { error: 'invalid_request', errorDescription: 'the request has to be pushed' }
    }
    const challenge = parameters.get('code_challenge')
    const isOptional = client?.secret !== undefined
    if (challenge === null && isOptional) return undefined
    if (!/^[\w-]{43}$/.test(challenge ?? '') || parameters.get('code_challenge_method') !== 'S256') {
      return { error: 'invalid_request', errorDescription: 'code_challenge with the method S256 is needed' }
    }
    return undefined
  }

  #sendBack(parameters: URLSearchParams, decision: AuthorizationDecision): Response {
    const answer =
      'error' in decision
        ? { error: decision.error, error_description: decision.errorDescription }
        : { code: this.#code(parameters, decision) }
    const { sendsIssuer = true } = this.options
    const state = parameters.get('state')
    const iss = sendsIssuer ? this.server.issuer : undefined
    return redirect(parameters.get('redirect_uri') ?? '', { ...answer, state, iss })
  }

  #code(parameters: URLSearchParams, decision: Extract<AuthorizationDecision, { subject: string }>): string {
    const { codes, now } = this.server
    const asked = {
      clientId: parameters.get('client_id') ?? '',
      scope: parameters.get('scope') ?? '',
      acr: parameters.get('acr_values')?.split(' ')[0],
    }
    const grant = {
      ...signInOf(decision, asked, now(), this.options.offlineAccess),
      redirectUri: parameters.get('redirect_uri') ?? '',
      codeChallenge: parameters.get('code_challenge'),
      nonce: parameters.get('nonce') ?? undefined,
    }
    return codes.issue(grant, now())
  }
}

/** Why a browser must not be sent to where a request says. */
function whyUntrusted(parameters: URLSearchParams, client: ClientRegistration | undefined): Refusal | undefined {
  if (!client)
    return { error: 'unauthorized_client', errorDescription: 'the client is not known: name it in `clients`' }
  const uri = parameters.get('redirect_uri') ?? ''
  const isAllowed = client.redirectUris?.includes(uri) ?? (URL.canParse(uri) && !uri.includes('#'))
  return isAllowed ? undefined : { error: 'invalid_request', errorDescription: 'redirect_uri is not allowed' }
}
