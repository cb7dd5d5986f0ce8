/** The two keys of a client that signs with ES256. */
export async function keyPair(): Promise<{ privateKey: JsonWebKey; publicKey: JsonWebKey }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  return {
    privateKey: await crypto.subtle.exportKey('jwk', pair.privateKey),
    publicKey: await crypto.subtle.exportKey('jwk', pair.publicKey),
  }
}

/** What an assertion of a client says. */
export interface ReadAssertion {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  /** Whether `key` has signed it. */
  isSignedBy(key: CryptoKey): Promise<boolean>
}

/** Reads the assertion in a form. */
export function readAssertion(body: URLSearchParams): ReadAssertion {
  const [header = '', claims = '', signature = ''] = (body.get('client_assertion') ?? '').split('.')
  const signed = new TextEncoder().encode(`${header}.${claims}`)
  return {
    header: decode(header),
    claims: decode(claims),
    isSignedBy(key) {
      const algorithm = { hash: 'SHA-256', saltLength: 32, ...key.algorithm, ...hashOf(key) }
      return crypto.subtle.verify(algorithm, key, Buffer.from(signature, 'base64url'), signed)
    },
  }
}

/** Of curves, whose hash is no part of the key. */
function hashOf({ algorithm }: CryptoKey): { hash?: string } {
  const { namedCurve } = algorithm as EcKeyAlgorithm
  if (namedCurve === 'P-384') return { hash: 'SHA-384' }
  return namedCurve === 'P-521' ? { hash: 'SHA-512' } : {}
}

function decode(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
}
