import type { ServerPreset } from './preset.js'

/** Strava. It says what is wrong in a list of its own: what it is about, and that it is invalid. */
export function strava(): ServerPreset {
  return {
    metadata: {
      issuer: 'https://www.strava.com',
      authorization_endpoint: 'https://www.strava.com/oauth/authorize',
      token_endpoint: 'https://www.strava.com/api/v3/oauth/token',
    },
    mapError: ({ errors }) => {
      const subjects = [errors].flat().map((error) => (Object(error) as { readonly resource?: unknown }).resource)
      if (subjects.includes('Application')) return { error: 'invalid_client' }
      return subjects.includes('RefreshToken') ? { error: 'invalid_grant' } : undefined
    },
  }
}
