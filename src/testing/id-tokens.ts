import { base64Url } from './base64-url.js'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const lifetimeSeconds = 3600

/** What an ID token says beyond who issued it, and when. */
export interface IdTokenClaims {
  readonly aud: string
  readonly sub: string
  /** When the user was authenticated, in seconds since 1970. */
  readonly auth_time: number
  readonly acr?: string | undefined
  readonly nonce?: string | undefined
}

/** Issues ID tokens signed with a key that is made when it is needed first. */
export interface IdTokenIssuer {
  issue(claims: IdTokenClaims, now: number): Promise<string>
  /** The client that this issuer issued an ID token to. */
  audienceOf(idToken: string): string | undefined
  jwks(): Promise<{ keys: readonly object[] }>
}

/** Makes an issuer of ID tokens in the name of `issuer`. */
export function idTokenIssuer(issuer: string): IdTokenIssuer {
  const audiences = new Map<string, string>()
  let keys: Promise<CryptoKeyPair> | undefined
  const keyPair = (): Promise<CryptoKeyPair> =>
    (keys ??= crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']))
  return {
    async issue(claims, now) {
      const iat = Math.floor(now / 1000)
      const payload = { iss: issuer, ...claims, iat, exp: iat + lifetimeSeconds }
      const input = `${encodeJson({ alg: 'ES256', kid: 'test' })}.${encodeJson(payload)}`
      const { privateKey } = await keyPair()
      const signature = await crypto.subtle.sign(algorithm, privateKey, new TextEncoder().encode(input))
      const idToken = `${input}.${base64Url(new Uint8Array(signature))}`
      audiences.set(idToken, claims.aud)
      return idToken
    },
    audienceOf: (idToken) => audiences.get(idToken),
    async jwks() {
      const key = await crypto.subtle.exportKey('jwk', (await keyPair()).publicKey)
      return { keys: [{ ...key, kid: 'test', alg: 'ES256', use: 'sig' }] }
    },
  }
}

function encodeJson(value: unknown): string {
  return base64Url(new TextEncoder().encode(JSON.stringify(value)))
}
