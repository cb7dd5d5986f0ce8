import { baseUrl, type ServerPreset } from './preset.js'

/** Which realm of Keycloak. */
export interface KeycloakOptions {
  /** Where Keycloak is, such as `https://login.example.com`; up to version 16 the URL ends with `/auth`. */
  readonly url: string
  readonly realm: string
}

/**
 * Keycloak. A secret that is wrong it calls `unauthorized_client`, with status 401; that says nothing of the session. With
 * other statuses the word means what it means in the standard: a client that may not use this grant.
 *
 * @throws EvergrantError `misconfigured` for what is no URL
 */
export function keycloak({ url, realm }: KeycloakOptions): ServerPreset {
  return {
    issuer: `${baseUrl('keycloak', url)}/realms/${encodeURIComponent(realm)}`,
    mapError: ({ error }, status) =>
      status === 401 && error === 'unauthorized_client' ? { error: 'invalid_client' } : undefined,
  }
}
