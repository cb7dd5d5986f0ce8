import { baseUrl, renamed, type ServerPreset } from './preset.js'

/** Which GitHub. */
export interface GitHubOptions {
  /** Where it is; `https://github.com` by default. */
  readonly url?: string | undefined
}

/**
 * GitHub Apps with expiring user access tokens. GitHub refuses with status 200 and errors of its own.
 *
 * @throws EvergrantError `misconfigured` for what is no URL
 */
export function github({ url = 'https://github.com' }: GitHubOptions = {}): ServerPreset {
  const login = `${baseUrl('github', url)}/login`
  return {
    metadata: {
      issuer: `${login}/oauth`,
      authorization_endpoint: `${login}/oauth/authorize`,
      token_endpoint: `${login}/oauth/access_token`,
      device_authorization_endpoint: `${login}/device/code`,
    },
    mapError: renamed({
      bad_refresh_token: 'invalid_grant',
      bad_verification_code: 'invalid_grant',
      incorrect_device_code: 'invalid_grant',
      incorrect_client_credentials: 'invalid_client',
    }),
  }
}
