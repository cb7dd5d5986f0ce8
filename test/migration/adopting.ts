import type { TokenManager } from '../../src/index.js'
import {
  adoptAuth0SpaJsSession,
  adoptOidcClientTsSession,
  adoptOktaAuthJsSession,
  type Adoption,
} from '../../src/migration.js'

/** Takes over what a library has stored where it does by itself. The names are those of `stored.json`. */
export function adoptFrom(library: string, tokens: TokenManager, authority: string): Promise<Adoption> {
  if (library.includes('okta')) return adoptOktaAuthJsSession(tokens)
  if (library.includes('auth0')) return adoptAuth0SpaJsSession(tokens)
  return adoptOidcClientTsSession(tokens, { authority })
}
