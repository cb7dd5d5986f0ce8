import type { TokenManager } from '../core/token-manager.js'
import { adopt, readObject, type Adoption, type OldSession, type OldStorage } from './adopt.js'

/** Where `oidc-client-ts` has kept its user. */
export interface OidcClientTsOptions {
  /** As it was given to the `UserManager` there, character by character. */
  readonly authority: string
  /** The `store` of the `WebStorageStateStore` there; `sessionStorage` by default, as it is there. */
  readonly storage?: OldStorage | undefined
  /** The `prefix` of the `WebStorageStateStore` there; `oidc.` by default. */
  readonly prefix?: string | undefined
}

/**
 * Takes over a session of `oidc-client-ts`, of its predecessor `oidc-client`, or of the packages for frameworks that are built on
 * them. To be awaited when the page starts, before anybody is asked to sign in.
 *
 * @throws EvergrantError `unsupported` when a newer version of this package has stored a session
 */
export function adoptOidcClientTsSession(tokens: TokenManager, options: OidcClientTsOptions): Promise<Adoption> {
  return adopt(tokens, () => find(tokens.client.clientId, options))
}

function find(clientId: string, options: OidcClientTsOptions): OldSession | undefined {
  const { authority, storage = sessionStorage, prefix = 'oidc.' } = options
  const key = `${prefix}user:${authority}:${clientId}`
  const user = readObject(storage, key)
  return (
    user && {
      accessToken: user.access_token,
      tokenType: user.token_type,
      expiresAt: user.expires_at,
      refreshToken: user.refresh_token,
      idToken: user.id_token,
      scope: user.scope,
      forget: () => storage.removeItem(key),
    }
  )
}
