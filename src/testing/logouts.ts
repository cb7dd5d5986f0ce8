import type { Clients } from './clients.js'
import type { IdTokenIssuer } from './id-tokens.js'
import { page, redirect } from './responses.js'

/** One visit of a browser to the logout endpoint. */
export interface Logout {
  /** By the server's clock, in milliseconds since 1970. */
  readonly at: number
  /** As the request or its ID token names it. */
  readonly clientId: string | undefined
  /** Whether it came with an ID token that this server issued, to this client. */
  readonly hasValidHint: boolean
}

/** The logout endpoint (OpenID Connect RP-Initiated Logout). There is no session of the browser that it could end. */
export class Logouts {
  readonly log: Logout[] = []

  constructor(
    private readonly clients: Clients,
    private readonly idTokens: IdTokenIssuer,
  ) {}

  /** Sends the browser back, if the client is known and may send it there. */
  answer(parameters: URLSearchParams, at: number): Response {
    const audience = this.idTokens.audienceOf(parameters.get('id_token_hint') ?? '')
    const clientId = parameters.get('client_id') ?? audience
    this.log.push({ at, clientId, hasValidHint: audience !== undefined && audience === clientId })
    const target = parameters.get('post_logout_redirect_uri')
    if (target === null) return page(200, 'You are signed out.')
    const client = this.clients.find(clientId)
    const isAllowed = client?.postLogoutRedirectUris?.includes(target) ?? URL.canParse(target)
    if (!client || !isAllowed)
      return page(400, 'You are signed out. The application is not known, or not this address.')
    return redirect(target, { state: parameters.get('state') })
  }
}
