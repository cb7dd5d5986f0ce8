import type { TokenManager } from '../core/token-manager.js'
import { adopt, asObject, readObject, type Adoption, type OldSession, type OldStorage } from './adopt.js'

/** What is used of `localStorage` where there are several entries to be found. */
export interface ListedStorage extends OldStorage {
  readonly length: number
  key(index: number): string | null
}

/** Where `@auth0/auth0-spa-js` has kept its tokens. */
export interface Auth0SpaJsOptions {
  /** `localStorage` by default, which `cacheLocation: 'localstorage'` stands for there. */
  readonly storage?: ListedStorage | undefined
  /** As it was given in the `authorizationParams` there; where none was, the library says `default`, and so does this. */
  readonly audience?: string | undefined
}

/**
 * Takes over a session of `@auth0/auth0-spa-js`, or of the packages for frameworks that are built on it. To be awaited when the
 * page starts, before anybody is asked to sign in.
 *
 * @throws EvergrantError `unsupported` when a newer version of this package has stored a session
 */
export function adoptAuth0SpaJsSession(tokens: TokenManager, options: Auth0SpaJsOptions = {}): Promise<Adoption> {
  return adopt(tokens, () => find(tokens.client.clientId, options))
}

/** There is one entry for each audience and scope, and one for the ID token of the client, which version 1 kept in each. */
function find(clientId: string, options: Auth0SpaJsOptions): OldSession | undefined {
  const { storage = localStorage, audience = 'default' } = options
  const ofClient = `@@auth0spajs@@::${clientId}::`
  const idTokenKey = `${ofClient}@@user@@`
  const allKeys = keysOf(storage).filter((key) => key.startsWith(ofClient) && key !== idTokenKey)
  const keys = allKeys.filter((key) => key.startsWith(`${ofClient}${audience}::`))
  const newestFirst = keys
    .map((key) => readObject(storage, key) ?? {})
    .map(({ body, expiresAt }) => ({ body: asObject(body), expiresAt }))
    .filter(({ body }) => body.access_token || body.refresh_token)
    .sort((one, other) => Number(other.expiresAt) - Number(one.expiresAt))
  const entry = newestFirst.find(({ body }) => body.refresh_token) ?? newestFirst[0]
  if (!entry) return undefined
  const { body, expiresAt } = entry
  return {
    accessToken: body.access_token,
    tokenType: body.token_type,
    expiresAt,
    refreshToken: body.refresh_token,
    idToken: readObject(storage, idTokenKey)?.id_token ?? body.id_token,
    scope: body.oauthTokenScope ?? body.scope,
    forget() {
      // With `useMrrt` all audiences have one refresh token, which two managers would use up under each other's hands.
      const isShared = (key: string): boolean =>
        body.refresh_token !== undefined &&
        asObject(readObject(storage, key)?.body).refresh_token === body.refresh_token
      const over = allKeys.filter((key) => keys.includes(key) || isShared(key))
      const isLast = over.length === allKeys.length
      for (const key of isLast ? [...over, idTokenKey] : over) storage.removeItem(key)
    },
  }
}

function keysOf(storage: ListedStorage): string[] {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '')
}
