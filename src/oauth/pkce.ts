import { EvergrantError } from '../core/errors.js'

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
  const { subtle } = crypto as Partial<Crypto>
  if (!subtle) throw new EvergrantError('unsupported', 'signing in needs a page served over https or from localhost')
  return base64Url(new Uint8Array(await subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
