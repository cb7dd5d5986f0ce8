import { systemEnvironment } from '../core/environment.js'
import { EvergrantError } from '../core/errors.js'
import { sessionName, type TokenManager } from '../core/token-manager.js'
import type { SentRequest } from '../oauth/authorization-code.js'
import { parseUrl } from '../oauth/http.js'

/** What this tab waits for while the user is at the server. */
export type Pending = { readonly returnTo: string } & (
  ({ readonly type: 'sign_in' } & SentRequest) | { readonly type: 'sign_out' }
)

/**
 * By the server, client and key of the manager, whose answer it waits for and no other (RFC 9700 section 4.4), and by `state`, so
 * that several may be under way. Other tabs do not see it, and it ends with the tab. No session is ever stored under such
 * a name: `state` comes from the address, and may be anything.
 */
const nameOf = (tokens: TokenManager, state: string): string => `evergrant redirect ${tokens[sessionName]} ${state}`

/** Makes the `state` of a redirect. */
export function newState(): string {
  return systemEnvironment.uniqueId()
}

/**
 * Remembers what is to be done when the user comes back.
 *
 * @throws EvergrantError `storage_failed`
 */
export function remember(tokens: TokenManager, state: string, pending: Pending): void {
  try {
    sessionStorage.setItem(nameOf(tokens, state), JSON.stringify(pending))
  } catch {
    throw new EvergrantError(
      'storage_failed',
      'a redirect needs sessionStorage, and this browser does not let it write',
    )
  }
}

/** Gives what was remembered, once. */
export function take(tokens: TokenManager, state: string | null): Pending | undefined {
  try {
    const name = nameOf(tokens, state ?? '')
    const text = sessionStorage.getItem(name)
    sessionStorage.removeItem(name)
    return text === null ? undefined : (JSON.parse(text) as Pending)
  } catch {
    return undefined
  }
}

/**
 * Where to return to, as a path of this origin.
 *
 * @throws EvergrantError `misconfigured` for another origin, to which nobody shall be led from here
 */
export function pathOf(returnTo: string | undefined): string {
  const url = parseUrl(returnTo ?? location.href, location.href)
  if (!url?.href.startsWith(`${location.origin}/`)) {
    throw new EvergrantError('misconfigured', 'returnTo must be of the same origin')
  }
  // Two slashes at the start would be the name of a host.
  return url.pathname.replace(/^\/+/, '/') + url.search + url.hash
}
