import { base64Url, sha256 } from './encoding.js'

const bytesOfSecret = 32

/** A secret of 256 random bits in 43 characters, as RFC 7636 section 4.1 wants it of a verifier. */
export function randomSecret(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(bytesOfSecret)))
}

/**
 * What stands for a verifier until it is shown (RFC 7636 section 4.2, method S256).
 *
 * @throws EvergrantError `unsupported` in a page that is not served over https: browsers offer no cryptography there
 */
export async function codeChallenge(verifier: string): Promise<string> {
  return base64Url(await sha256(verifier))
}
