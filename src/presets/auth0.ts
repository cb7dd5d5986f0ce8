import { baseUrl, type ServerPreset } from './preset.js'

/** Which tenant of Auth0. */
export interface Auth0Options {
  /** The domain of your tenant, such as `acme.eu.auth0.com`, or a domain of your own. */
  readonly domain: string
}

/**
 * Auth0: what it does in its own way, such as refusals with status 403, needs no preset but the issuer.
 *
 * @throws EvergrantError `misconfigured` for what is no domain
 */
export function auth0({ domain }: Auth0Options): ServerPreset {
  return { issuer: `${baseUrl('auth0', domain)}/` }
}
