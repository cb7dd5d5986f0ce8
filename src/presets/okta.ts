import { askedAgain, baseUrl, type ServerPreset } from './preset.js'

/** Which authorization server of Okta. */
export interface OktaOptions {
  /** The domain of your organization, such as `acme.okta.com`, or a domain of your own. */
  readonly domain: string
  /**
   * The id of a custom authorization server, such as `default`. Without it the server is that of the organization itself,
   * whose access tokens are for Okta's own API.
   */
  readonly authorizationServer?: string | undefined
  /**
   * What to ask for at sign-in, and again with each renewal: without `openid` in it Okta renews no ID token, and without
   * `offline_access` there is no refresh token.
   */
  readonly scope?: string | undefined
}

/**
 * Okta.
 *
 * @throws EvergrantError `misconfigured` for what is no domain
 */
export function okta({ domain, authorizationServer, scope }: OktaOptions): ServerPreset {
  const base = baseUrl('okta', domain)
  return { issuer: authorizationServer ? `${base}/oauth2/${authorizationServer}` : base, ...askedAgain(scope) }
}
