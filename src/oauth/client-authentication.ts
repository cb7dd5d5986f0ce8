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
}

/**
 * Authenticates a web client with its id and secret in the `Authorization` header (HTTP Basic, RFC 6749 section 2.3.1).
 * Never use it in a page: everybody can read a secret there.
 *
 * @throws EvergrantError `misconfigured` when the secret is empty
 */
export function clientSecretBasic(secret: string, options: ClientSecretBasicOptions = {}): ClientAuth {
  if (typeof secret !== 'string' || secret === '') {
    throw new EvergrantError('misconfigured', 'clientSecretBasic() needs the secret of the client, a string')
  }
  const encode = options.encoding === 'raw' ? (text: string) => text : formEncode
  return (_server, client, _body, headers) => {
    const bytes = new TextEncoder().encode(`${encode(client.client_id)}:${encode(secret)}`)
    headers.set('authorization', `Basic ${btoa(String.fromCharCode(...bytes))}`)
  }
}

/** The serializer of the URL standard leaves `* - . _` alone, so ordinary secrets pass servers that do not decode. */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
