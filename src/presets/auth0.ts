import { baseUrl, says, type ServerPreset } from './preset.js'

/** Which tenant of Auth0. */
export interface Auth0Options {
  /** The domain of your tenant, such as `acme.eu.auth0.com`, or a domain of your own. */
  readonly domain: string
}

/**
 * Auth0. A secret that is wrong it calls `access_denied`, with status 401 and one word for a reason; that says nothing of the
 * session. Users who decline, and Actions that deny them access, come with another status or a reason of their own, and keep
 * their meaning.
 *
 * @throws EvergrantError `misconfigured` for what is no domain
 */
export function auth0({ domain }: Auth0Options): ServerPreset {
  return {
    issuer: `${baseUrl('auth0', domain)}/`,
    mapError: ({ error, error_description }, status) => {
      const isAboutClient = status === 401 && error === 'access_denied' && says(error_description, 'Unauthorized')
      return isAboutClient ? { error: 'invalid_client' } : undefined
    },
  }
}
