import { EvergrantError } from '../core/errors.js'

/** Base64 as addresses and tokens use it (RFC 7515 section 2). */
export function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await cryptography().digest('SHA-256', utf8(text)))
}

/**
 * The cryptography of the runtime.
 *
 * @throws EvergrantError `unsupported` in a page that is not served over https: browsers offer none there
 */
export function cryptography(): SubtleCrypto {
  const { subtle } = crypto as Partial<Crypto>
  if (!subtle)
    throw new EvergrantError('unsupported', 'this needs the cryptography of a page served over https or from localhost')
  return subtle
}
