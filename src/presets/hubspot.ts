import type { ServerPreset } from './preset.js'

/** HubSpot. It says what is wrong in a member `status`, and in `error` something vague or nothing. */
export function hubspot(): ServerPreset {
  const token = 'https://api.hubapi.com/oauth/v3/token'
  return {
    metadata: {
      issuer: 'https://app.hubspot.com',
      authorization_endpoint: 'https://app.hubspot.com/oauth/authorize',
      token_endpoint: token,
      introspection_endpoint: `${token}/introspect`,
      revocation_endpoint: `${token}/revoke`,
    },
    mapError: ({ status, message, error_description = message }) => ({ error: errors.get(status), error_description }),
  }
}

const errors: ReadonlyMap<unknown, string> = new Map([
  ['BAD_REFRESH_TOKEN', 'invalid_grant'],
  ['BAD_AUTH_CODE', 'invalid_grant'],
  ['BAD_CLIENT_ID', 'invalid_client'],
  ['BAD_CLIENT_SECRET', 'invalid_client'],
])
