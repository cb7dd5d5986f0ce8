import type { ServerPreset } from './preset.js'

/** Zoom. Of a dead refresh token it says `invalid_request`, and in a member `reason` what it means. */
export function zoom(): ServerPreset {
  return {
    metadata: {
      issuer: 'https://zoom.us',
      authorization_endpoint: 'https://zoom.us/oauth/authorize',
      token_endpoint: 'https://zoom.us/oauth/token',
      revocation_endpoint: 'https://zoom.us/oauth/revoke',
    },
    mapError: ({ reason }) => ({ error: reason === 'Invalid Token!' ? 'invalid_grant' : undefined }),
  }
}
