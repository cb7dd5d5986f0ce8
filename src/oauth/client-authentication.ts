import { EvergrantError } from '../core/errors.js'
import { authenticateBy, type ClientAuth, type Credential, type Exchange } from './credentials.js'

export type { AuthenticationContext, ClientAuth, Credential, Exchange } from './credentials.js'

/** What all client authentications by a secret or a key take. */
export interface ClientSecretOptions {
  /** Permits use in a page, for tests of server code that run in one. */
  readonly dangerouslyAllowInPage?: boolean | undefined
}

/** How {@link clientSecretBasic} writes the id and the secret. */
export interface ClientSecretBasicOptions extends ClientSecretOptions {
  /**
   * `form`, the default: as RFC 6749 section 2.3.1 demands. `raw`: as they are, for servers that do not decode them and
   * a secret with characters other than letters, digits and `* - . _`.
   */
  readonly encoding?: 'form' | 'raw' | undefined
}

/**
 * Authenticates a web client with its id and secret in the `Authorization` header (HTTP Basic, RFC 6749 section 2.3.1).
 * It refuses to work in a page: everybody can read a secret there (RFC 10017 section 6.3.3.1).
 *
 * @param secret the secret, or a function that is asked for it before each request, such as a secret manager
 * @throws EvergrantError `misconfigured` when the secret is empty, or in a page
 */
export function clientSecretBasic(secret: Credential<string>, options: ClientSecretBasicOptions = {}): ClientAuth {
  const { encoding, dangerouslyAllowInPage } = options
  const name = 'clientSecretBasic'
  const encode = encoding === 'raw' ? (text: string) => text : formEncode
  return authenticateBy({
    name,
    credential: secret,
    check: (value) => assertSecret(name, value),
    show(current, { client, headers }) {
      const bytes = new TextEncoder().encode(`${encode(client.client_id)}:${encode(current)}`)
      headers.set('authorization', `Basic ${btoa(String.fromCharCode(...bytes))}`)
    },
    dangerouslyAllowInPage,
  })
}

/**
 * Authenticates a web client with its id and secret in the body of the request (RFC 6749 section 2.3.1), for servers that do
 * not take {@link clientSecretBasic}. It refuses to work in a page as that does.
 *
 * @param secret the secret, or a function that is asked for it before each request
 * @throws EvergrantError `misconfigured` when the secret is empty, or in a page
 */
export function clientSecretPost(secret: Credential<string>, options: ClientSecretOptions = {}): ClientAuth {
  const name = 'clientSecretPost'
  return authenticateBy({
    name,
    credential: secret,
    check: (value) => assertSecret(name, value),
    show(current, { client, body }) {
      body.set('client_id', client.client_id)
      body.set('client_secret', current)
    },
    dangerouslyAllowInPage: options.dangerouslyAllowInPage,
  })
}

/**
 * Lets the certificate of the connection authenticate the client (RFC 8705 section 2): it names itself in the body, and asks
 * the endpoints that the server has for mutual TLS (`mtls_endpoint_aliases`, section 5). The certificate is the business of the
 * `fetch` option of the manager. For a public client whose tokens are bound to its certificate (section 4) it is the same.
 */
export function tlsClientAuth(): ClientAuth {
  const auth: ClientAuth = (_server, client, body) => body.set('client_id', client.client_id)
  const exchange: Exchange = (send, server, endpoint) =>
    send(server.mtls_endpoint_aliases?.[endpoint] ?? server[endpoint])
  return Object.assign(auth, { exchange })
}

/** @throws EvergrantError `misconfigured` for what is no secret */
export function assertSecret(name: string, secret: unknown): void {
  if (typeof secret === 'string' && secret !== '') return
  throw new EvergrantError('misconfigured', `${name}() needs the secret of the client, a string`)
}

/** The serializer of the URL standard leaves `* - . _` alone, so ordinary secrets pass servers that do not decode. */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
