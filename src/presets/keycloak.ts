import { baseUrl, type ServerPreset } from './preset.js'

/** Which realm of Keycloak. */
export interface KeycloakOptions {
  /** Where Keycloak is, such as `https://login.example.com`; up to version 16 the URL ends with `/auth`. */
  readonly url: string
  readonly realm: string
}

/**
 * Keycloak: its answers need no preset but the issuer.
 *
 * @throws EvergrantError `misconfigured` for what is no URL
 */
export function keycloak({ url, realm }: KeycloakOptions): ServerPreset {
  return { issuer: `${baseUrl('keycloak', url)}/realms/${encodeURIComponent(realm)}` }
}
