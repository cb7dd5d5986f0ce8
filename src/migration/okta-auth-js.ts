import type { TokenManager } from '../core/token-manager.js'
import { adopt, asObject, readObject, type Adoption, type OldSession, type OldStorage } from './adopt.js'

/** Where `@okta/okta-auth-js` has kept its tokens. */
export interface OktaAuthJsOptions {
  /** `localStorage` by default, as it is there. */
  readonly storage?: OldStorage | undefined
  /** As it was given to the `tokenManager` there; `okta-token-storage` by default. */
  readonly storageKey?: string | undefined
}

/**
 * Takes over a session of `@okta/okta-auth-js`, or of the packages for frameworks that are built on it. To be
 * awaited when the page starts, before anybody is asked to sign in. Waits for the metadata of the server where a refresh
 * token is stored without an ID token, to see that it is of this server.
 *
 * @throws EvergrantError `unsupported` when a newer version of this package has stored a session
 */
export function adoptOktaAuthJsSession(tokens: TokenManager, options: OktaAuthJsOptions = {}): Promise<Adoption> {
  return adopt(tokens, () => find(tokens.client.clientId, options))
}

/** All tokens lie under one key, each under a name of its own, which an application may have chosen. */
function find(clientId: string, options: OktaAuthJsOptions): OldSession | undefined {
  const { storage = localStorage, storageKey = 'okta-token-storage' } = options
  const stored = Object.values(readObject(storage, storageKey) ?? {}).map(asObject)
  // A token that is to be removed belongs to a session that was signed out.
  const tokens = stored.filter(({ pendingRemove }) => !pendingRemove)
  const access = tokens.find(({ accessToken }) => accessToken)
  const refresh = tokens.find(({ refreshToken }) => refreshToken)
  const id = tokens.find(({ idToken }) => idToken)
  if ((!access && !refresh) || (id && id.clientId !== clientId)) return undefined
  const scopes = access?.scopes ?? refresh?.scopes
  return {
    accessToken: access?.accessToken,
    tokenType: refresh?.dpopPairId ? 'DPoP' : access?.tokenType,
    expiresAt: access?.expiresAt,
    refreshToken: refresh?.refreshToken,
    idToken: id?.idToken,
    scope: Array.isArray(scopes) ? scopes.join(' ') : undefined,
    issuer: refresh?.issuer,
    forget: () => storage.removeItem(storageKey),
  }
}
