import type { WebCryptoKeyPair, Jwk } from './keys.js'

/**
 * The key that the tokens of a session are bound to (RFC 9449): a pair that cannot be read where the store keeps objects, two
 * JSON Web Keys where it keeps text. It is part of the record, so that it lives and dies with the refresh token.
 */
export type ProofKey = WebCryptoKeyPair | { readonly privateKey: Jwk; readonly publicKey: Jwk }

/** A request that is to carry a proof. */
export interface ProvenRequest {
  readonly key: ProofKey
  readonly method: string
  readonly url: string
  /** The access token that goes along, if any. */
  readonly accessToken?: string | undefined
  /** Whether it may be sent a second time. */
  readonly isRepeatable: boolean
  /** The wall clock, milliseconds since 1970. */
  now(): number
}

/** Sends a request, with this proof in the header `DPoP` if there is one. */
export type Send = (proof?: string) => Promise<Response>

/** Makes keys, and proves with each request that their holder has them. `dpop()` makes one. */
export interface Prover {
  /** Whether a session may have access tokens that are not bound to its key. */
  readonly allowsBearer: boolean
  /**
   * Makes the key of a new session.
   *
   * @throws EvergrantError `unsupported` where the runtime has no cryptography
   */
  makeKey(): Promise<ProofKey>
  /**
   * Lets `send` send a request with a proof; once more when the server has not liked the nonce or the time of the first one.
   *
   * @throws EvergrantError `misconfigured` when a server wants a nonce that it does not show
   */
  prove(request: ProvenRequest, send: Send): Promise<Response>
}
