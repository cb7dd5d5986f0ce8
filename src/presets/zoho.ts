import { baseUrl, type ServerPreset } from './preset.js'

/** Which data centre of Zoho. */
export interface ZohoOptions {
  /** Its domain, such as `zoho.eu`; `zoho.com` by default. */
  readonly domain?: string | undefined
}

/** A refresh token brings at most ten access tokens in so many seconds. */
const pauseSeconds = 600

/**
 * Zoho. It refuses with status 200 and errors of its own, and says `Access Denied` when it was asked too often. Some of its
 * products tell the lifetime in milliseconds, with the seconds beside it.
 *
 * @throws EvergrantError `misconfigured` for what is no domain
 */
export function zoho({ domain = 'zoho.com' }: ZohoOptions = {}): ServerPreset {
  const base = `${baseUrl('zoho', `accounts.${domain}`)}/oauth/v2`
  return {
    metadata: {
      issuer: base,
      authorization_endpoint: `${base}/auth`,
      token_endpoint: `${base}/token`,
      revocation_endpoint: `${base}/token/revoke`,
    },
    mapResponse: ({ expires_in_sec }) => (expires_in_sec ? { expires_in: expires_in_sec } : undefined),
    mapError: ({ error }) => {
      if (error === 'Access Denied') return { error: 'temporarily_unavailable', interval: pauseSeconds }
      return error === 'invalid_code' ? { error: 'invalid_grant' } : undefined
    },
  }
}
