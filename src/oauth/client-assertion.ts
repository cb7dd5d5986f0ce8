import { ClientSecretJwt, modifyAssertion, PrivateKeyJwt, type ModifyAssertionOptions } from 'oauth4webapi'
import { EvergrantError, nameOf } from '../core/errors.js'
import { assertSecret, type ClientSecretOptions } from './client-authentication.js'
import { assertClientKey, signingKey, type ClientKey, type SigningKey } from './client-key.js'
import { authenticateBy, type ClientAuth, type Credential, type UnsignedRequest } from './credentials.js'

/** How {@link privateKeyJwt} and {@link clientSecretJwt} write their assertions. */
export interface ClientAssertionOptions extends ClientSecretOptions {
  /**
   * Whom assertions name as their audience. `issuer`, the default: the server, as the update of RFC 7523 demands
   * (draft-ietf-oauth-rfc7523bis, section 4). For servers that want it the old way: `token_endpoint`, its URL whatever
   * endpoint is asked (OpenID Connect Core section 9), or `endpoint`, the URL of the endpoint that is asked, as at Okta. Then
   * the server must be one that you trust: it could use an assertion elsewhere.
   */
  readonly audience?: 'issuer' | 'token_endpoint' | 'endpoint' | undefined
}

/**
 * How long an assertion is good, in seconds: as long as a request may take before it counts as unanswered and is made anew.
 * A server that gets it later refuses it before it looks at the refresh token, which may be spent by then.
 */
const lifetimeSeconds = 10

/**
 * Authenticates a web client by assertions that are signed with its private key (`private_key_jwt`, RFC 7523 section 2.2,
 * OpenID Connect Core section 9). Each request has an assertion of its own, which is good for ten seconds by the clock of the
 * server: what its answers tell of that is taken into account, and a request that was refused for it repeated once.
 *
 * @param key the key, or a function that is asked for it before each request. Keep it out of pages: there it throws
 * @throws EvergrantError `misconfigured` for what is no private key, or in a page
 */
export function privateKeyJwt(key: Credential<ClientKey>, options: ClientAssertionOptions = {}): ClientAuth {
  const name = 'privateKeyJwt'
  return authenticateBy({
    name,
    credential: key,
    check: (value) => assertClientKey(name, value),
    async show(current, request) {
      const { server, client, body, headers } = request
      const audience = audienceOf(name, request, options)
      try {
        const signing = await signingKey(current)
        const { key, kid } = signing
        const sign = PrivateKeyJwt(kid === undefined ? key : { key, kid }, modify(request, audience, signing))
        await sign(server, client, body, headers)
      } catch (error) {
        throw new EvergrantError('misconfigured', `${name}(): this key cannot sign: ${nameOf(error)}`)
      }
    },
    isTimed: true,
    dangerouslyAllowInPage: options.dangerouslyAllowInPage,
  })
}

/**
 * Authenticates a web client by assertions that are signed with its secret (`client_secret_jwt`, HS256, OpenID Connect Core
 * section 9), so that the secret itself is never sent. Otherwise it is as {@link privateKeyJwt}.
 *
 * @param secret the secret, or a function that is asked for it before each request. Servers want 32 characters or more
 * @throws EvergrantError `misconfigured` when the secret is empty, or in a page
 */
export function clientSecretJwt(secret: Credential<string>, options: ClientAssertionOptions = {}): ClientAuth {
  const name = 'clientSecretJwt'
  return authenticateBy({
    name,
    credential: secret,
    check: (value) => assertSecret(name, value),
    show(current, request) {
      const { server, client, body, headers } = request
      return ClientSecretJwt(current, modify(request, audienceOf(name, request, options)))(
        server,
        client,
        body,
        headers,
      )
    },
    isTimed: true,
    dangerouslyAllowInPage: options.dangerouslyAllowInPage,
  })
}

/** What assertions of ours say in other words than those of oauth4webapi. */
function modify(
  { now }: UnsignedRequest,
  audience: unknown,
  { alg, x5t, 'x5t#S256': sha256 }: Partial<SigningKey> = {},
): ModifyAssertionOptions {
  return {
    [modifyAssertion](header, payload) {
      const seconds = Math.floor(now() / 1000)
      Object.assign(header, { typ: 'client-authentication+jwt', ...(alg && { alg }), x5t, 'x5t#S256': sha256 })
      const times = { iat: seconds, nbf: seconds, exp: seconds + lifetimeSeconds }
      Object.assign(payload, { aud: audience, ...times })
    },
  }
}

/**
 * Whom an assertion is for.
 *
 * @throws EvergrantError `misconfigured` for a pattern, which is what several servers are known by: none would know itself
 */
function audienceOf(
  name: string,
  { server, endpoint }: UnsignedRequest,
  { audience = 'issuer' }: ClientAssertionOptions,
): unknown {
  const named = audience === 'endpoint' ? endpoint : server[audience]
  if (!/[{}]/.test(named ?? '')) return named
  const advice = `give ${name}() the option audience: 'token_endpoint'`
  throw new EvergrantError('misconfigured', `an assertion cannot be for ${named}, which is no address: ${advice}`)
}
