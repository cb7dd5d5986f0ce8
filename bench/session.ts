import type { TokenResponse } from 'evergrant'

export const client = { issuer: 'https://as.example', clientId: 'client' }

/** A session as servers start it, with an access token as long as signed ones are. */
export const session: TokenResponse = {
  access_token: 'access'.padEnd(1000, '.'),
  token_type: 'Bearer',
  expires_in: 3600,
  refresh_token: 'refresh'.padEnd(100, '.'),
  scope: 'openid profile offline_access',
}
