// The types of keys as every runtime has them, whether or not a program's settings know those of the DOM.

/** A key of Web Crypto. */
export type WebCryptoKey = Extract<Awaited<ReturnType<typeof crypto.subtle.generateKey>>, { type: string }>

/** A private key and its public key. */
export type WebCryptoKeyPair = Extract<Awaited<ReturnType<typeof crypto.subtle.generateKey>>, { privateKey: unknown }>

/** A key as text (RFC 7517, RFC 7518 section 6). */
export interface Jwk {
  readonly kty?: string
  readonly alg?: string
  readonly use?: string
  readonly key_ops?: string[]
  readonly ext?: boolean
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
  readonly d?: string
  readonly p?: string
  readonly q?: string
  readonly dp?: string
  readonly dq?: string
  readonly qi?: string
  readonly k?: string
}
