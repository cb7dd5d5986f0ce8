import { baseUrl, says, type ServerPreset } from './preset.js'

/** Which organization of Salesforce. */
export interface SalesforceOptions {
  /**
   * Your My Domain, such as `acme.my.salesforce.com`; `login.salesforce.com` by default, and `test.salesforce.com` for
   * sandboxes.
   */
  readonly domain?: string | undefined
  /**
   * The session timeout that is set for the application or the organization, in seconds. Salesforce does not say how long
   * access tokens live; without this they are renewed after an hour, and when an API refuses them.
   */
  readonly sessionSeconds?: number | undefined
}

/**
 * Salesforce. It answers `invalid_grant` also while another request with the same refresh token is under way, which is
 * told apart by its text: nothing else differs.
 *
 * @throws EvergrantError `misconfigured` for what is no domain
 */
export function salesforce({ domain = 'login.salesforce.com', sessionSeconds }: SalesforceOptions = {}): ServerPreset {
  return {
    issuer: baseUrl('salesforce', domain),
    mapResponse: ({ expires_in }) => ({ expires_in: expires_in ?? sessionSeconds }),
    mapError: ({ error_description }) => ({
      error: says(error_description, 'token request is already being processed')
        ? 'temporarily_unavailable'
        : undefined,
    }),
  }
}
