import { says, type ServerPreset } from './preset.js'

/**
 * Atlassian (OAuth 2.0, 3LO). Of a dead refresh token it sometimes says `unauthorized_client`, which is told apart from a
 * fault of the setup by its text: nothing else differs.
 */
export function atlassian(): ServerPreset {
  return {
    metadata: {
      issuer: 'https://auth.atlassian.com',
      authorization_endpoint: 'https://auth.atlassian.com/authorize',
      token_endpoint: 'https://auth.atlassian.com/oauth/token',
    },
    mapError: ({ error_description }) => ({
      error: says(error_description, 'refresh_token is invalid') ? 'invalid_grant' : undefined,
    }),
  }
}
