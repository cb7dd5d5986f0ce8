import type { ClientAuth } from 'oauth4webapi'
import { EvergrantError } from '../core/errors.js'

export type { ClientAuth }

/** How {@link clientSecretBasic} writes the id and the secret. */
export interface ClientSecretBasicOptions {
  /**
   * `form`, the default: as RFC 6749 section 2.3.1 demands. `raw`: as they are, for servers that do not decode them and
   * a secret with characters other than letters, digits and `* - . _`.
   */
  readonly encoding?: 'form' | 'raw' | undefined
  /** Permits use in a page, for tests of server code that run in one. */
  readonly dangerouslyAllowInPage?: boolean | undefined
}

/**
 * Authenticates a web client with its id and secret in the `Authorization` header (HTTP Basic, RFC 6749 section 2.3.1).
 * It refuses to work in a page: everybody can read a secret there (RFC 10017 section 6.3.3.1).
 *
 * @param secret the secret, or a function that is asked for it before each request, such as a secret manager
 * @throws EvergrantError `misconfigured` when the secret is empty, or in a page
 */
export function clientSecretBasic(
  secret: string | (() => string | Promise<string>),
  options: ClientSecretBasicOptions = {},
): ClientAuth {
  if ('document' in globalThis && !options.dangerouslyAllowInPage) {
    throw new EvergrantError('misconfigured', 'clientSecretBasic() is not for pages: everybody can read a secret there')
  }
  if (typeof secret !== 'function') assertSecret(secret)
  const encode = options.encoding === 'raw' ? (text: string) => text : formEncode
  return async (_server, client, _body, headers) => {
    const current = typeof secret === 'function' ? await secret() : secret
    assertSecret(current)
    const bytes = new TextEncoder().encode(`${encode(client.client_id)}:${encode(current)}`)
    headers.set('authorization', `Basic ${btoa(String.fromCharCode(...bytes))}`)
  }
}

function assertSecret(secret: unknown): void {
  if (typeof secret === 'string' && secret !== '') return
  throw new EvergrantError('misconfigured', 'clientSecretBasic() needs the secret of the client, a string')
}

/** The serializer of the URL standard leaves `* - . _` alone, so ordinary secrets pass servers that do not decode. */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
