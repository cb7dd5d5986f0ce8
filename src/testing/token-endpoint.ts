import type { AuthorizationCodes } from './authorization-codes.js'
import type { Clients } from './clients.js'
import type { DeviceCodes } from './device-codes.js'
import type { IssuedTokens } from './issued-tokens.js'
import { respond } from './responses.js'
import { isWithin } from './scopes.js'
import type { TokenFamilies } from './token-families.js'

/** The grant of RFC 8628 section 3.4. */
export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

/** The token endpoint (RFC 6749 section 3.2), with all grants that the server knows. */
export class TokenEndpoint {
  constructor(
    private readonly clients: Clients,
    private readonly codes: AuthorizationCodes,
    private readonly deviceCodes: DeviceCodes,
    private readonly families: TokenFamilies,
    private readonly tokens: IssuedTokens,
  ) {}

  async answer(form: URLSearchParams, clientId: string, now: number): Promise<Response> {
    switch (form.get('grant_type')) {
      case 'authorization_code': {
        const redeemed = await this.codes.redeem(form, clientId, now)
        if (!redeemed) return invalidGrant('The code is dead, or of another client, redirect_uri or code_verifier.')
        return respond(200, {}, await this.tokens.issue(redeemed, now, { nonce: redeemed.nonce }))
      }
      case 'refresh_token':
        return this.#renew(form, clientId, now)
      case deviceGrant: {
        const redeemed = this.deviceCodes.redeem(form, clientId, now)
        if (typeof redeemed === 'string') return respond(400, {}, { error: redeemed })
        return respond(200, {}, await this.tokens.issue(redeemed, now))
      }
      case 'client_credentials': {
        // RFC 6749 section 4.4: this is for clients that authenticate.
        if (this.clients.isPublic(clientId)) return respond(400, {}, { error: 'unauthorized_client' })
        const signIn = { clientId, subject: clientId, scope: form.get('scope') ?? '', authenticatedAt: now }
        return respond(200, {}, await this.tokens.issue(this.families.start(signIn, false), now))
      }
      default:
        return respond(400, {}, { error: 'unsupported_grant_type' })
    }
  }

  /** RFC 6749 section 6. Who asks for more than was granted learns so before the refresh token is used up. */
  async #renew(form: URLSearchParams, clientId: string, now: number): Promise<Response> {
    const refreshToken = form.get('refresh_token') ?? ''
    const scope = form.get('scope') || undefined
    const { family, isUsable = false } = this.families.inspect(refreshToken, now) ?? {}
    const isMore = scope !== undefined && isUsable && family?.clientId === clientId && !isWithin(scope, family.scope)
    if (isMore) return respond(400, {}, { error: 'invalid_scope' })
    const redeemed = this.families.redeem(refreshToken, clientId, now)
    if (!redeemed) return invalidGrant('The refresh token is dead.')
    return respond(200, {}, await this.tokens.issue(redeemed, now, { scope }))
  }
}

function invalidGrant(description: string): Response {
  return respond(400, {}, { error: 'invalid_grant', error_description: description })
}
