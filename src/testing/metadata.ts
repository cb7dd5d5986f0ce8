import type { AuthorizationOptions } from './authorization-endpoint.js'
import { deviceGrant } from './token-endpoint.js'

/** What a server tells of itself (RFC 8414, OpenID Connect Discovery). */
export function metadataOf(issuer: string, options: AuthorizationOptions): Readonly<Record<string, unknown>> {
  const { sendsIssuer = true, requirePushedRequests = false } = options
  const base = issuer.replace(/\/$/, '')
  return {
    issuer,
    authorization_endpoint: `${base}/authorize`,
    pushed_authorization_request_endpoint: `${base}/par`,
    device_authorization_endpoint: `${base}/device_authorization`,
    token_endpoint: `${base}/token`,
    introspection_endpoint: `${base}/introspect`,
    revocation_endpoint: `${base}/revoke`,
    end_session_endpoint: `${base}/logout`,
    jwks_uri: `${base}/jwks`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials', deviceGrant],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: [
      ...['none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'],
    ],
    id_token_signing_alg_values_supported: ['ES256'],
    authorization_response_iss_parameter_supported: sendsIssuer,
    require_pushed_authorization_requests: requirePushedRequests,
  }
}
