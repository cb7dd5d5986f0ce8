import { EvergrantError } from '../core/errors.js'
import type { WebCryptoKey, Jwk } from '../core/keys.js'

/**
 * The private key of a client: a JSON Web Key (RFC 7517) or a `CryptoKey`, which can be one that nobody can read. RSA with
 * 2048 bits or more, P-256, P-384, P-521 or Ed25519.
 */
export type ClientKey = WebCryptoKey | ({ readonly key: WebCryptoKey } & ClientKeyNames) | (Jwk & ClientKeyNames)

/** By what servers find a key that they know; assertions say it (RFC 7515 section 4.1). */
export interface ClientKeyNames {
  /** Its name, at servers that know several keys of a client. */
  readonly kid?: string | undefined
  /** The SHA-1 of its certificate, in base64url, for servers that know certificates such as Entra ID. */
  readonly x5t?: string | undefined
  /** The same by SHA-256. */
  readonly 'x5t#S256'?: string | undefined
}

/** A key that can sign, and what assertions say of it. */
export interface SigningKey extends ClientKeyNames {
  readonly key: WebCryptoKey
  /** In place of what the key itself says, for servers that know the algorithm by an older name. */
  readonly alg?: string | undefined
}

/**
 * @throws EvergrantError `misconfigured` for what is no private key that can sign
 */
export function assertClientKey(name: string, key: unknown): asserts key is ClientKey {
  const problem = problemOf(key)
  if (problem) throw new EvergrantError('misconfigured', `${name}() needs the private key of the client: ${problem}`)
}

function problemOf(given: unknown): string | undefined {
  if (Object(given) !== given) {
    return `make a JSON Web Key of a PEM file by createPrivateKey(pem).export({ format: 'jwk' }) of Node`
  }
  const { kty, d, key = given } = given as { kty?: unknown; d?: unknown; key?: unknown }
  if (kty === 'oct') return 'this one is a secret, which clientSecretJwt() takes'
  if (kty !== undefined) return d === undefined ? 'this one is the public one' : undefined
  const { type, usages } = key as Partial<WebCryptoKey>
  if (type === 'secret') return 'this one is a secret, which clientSecretJwt() takes'
  if (type === 'public') return 'this one is the public one'
  if (type !== 'private') return 'this is neither a JSON Web Key nor a CryptoKey'
  return usages?.includes('sign') ? undefined : 'this one was not imported for signing'
}

/**
 * Makes a key ready to sign.
 *
 * @throws what the runtime throws for keys that it does not take
 */
export async function signingKey(given: ClientKey): Promise<SigningKey> {
  if ('kty' in given) {
    const { kid, alg, x5t, 'x5t#S256': sha256 } = given
    const key = await crypto.subtle.importKey('jwk', given, algorithmOf(given), false, ['sign'])
    return { key, kid, alg, x5t, 'x5t#S256': sha256 }
  }
  return 'key' in given ? given : { key: given as WebCryptoKey }
}

/** What the runtime calls the algorithm of a key. An RSA key that does not say signs by RS256, which every server knows. */
function algorithmOf({ kty, crv, alg = 'RS256' }: Jwk): RsaHashedImportParams | EcKeyImportParams | Algorithm {
  if (kty === 'EC') return { name: 'ECDSA', namedCurve: crv ?? '' }
  if (kty === 'OKP') return { name: crv ?? '' }
  return { name: alg.startsWith('PS') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5', hash: `SHA-${alg.slice(2)}` }
}
