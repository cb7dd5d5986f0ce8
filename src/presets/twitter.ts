import { says, type ServerPreset } from './preset.js'

/**
 * X, formerly Twitter. Of a dead refresh token it says `invalid_request`, which is told apart from a fault of ours by its
 * text: nothing else differs.
 */
export function twitter(): ServerPreset {
  return {
    metadata: {
      issuer: 'https://x.com',
      authorization_endpoint: 'https://x.com/i/oauth2/authorize',
      token_endpoint: 'https://api.x.com/2/oauth2/token',
      revocation_endpoint: 'https://api.x.com/2/oauth2/revoke',
    },
    mapError: ({ error_description }) => ({
      error: says(error_description, 'Value passed for the token was invalid') ? 'invalid_grant' : undefined,
    }),
  }
}
