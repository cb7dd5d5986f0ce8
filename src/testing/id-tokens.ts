const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const lifetimeSeconds = 3600

/** Issues ID tokens signed with a key that is made when it is needed first. */
export interface IdTokenIssuer {
  issue(clientId: string, subject: string, now: number): Promise<string>
  jwks(): Promise<{ keys: JsonWebKey[] }>
}

/** Makes an issuer of ID tokens in the name of `issuer`. */
export function idTokenIssuer(issuer: string): IdTokenIssuer {
  let keys: Promise<CryptoKeyPair> | undefined
  const keyPair = (): Promise<CryptoKeyPair> =>
    (keys ??= crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']))
  return {
    async issue(clientId, subject, now) {
      const iat = Math.floor(now / 1000)
      const claims = { iss: issuer, sub: subject, aud: clientId, iat, exp: iat + lifetimeSeconds }
      const input = `${encode(JSON.stringify({ alg: 'ES256', kid: 'test' }))}.${encode(JSON.stringify(claims))}`
      const { privateKey } = await keyPair()
      const signature = await crypto.subtle.sign(algorithm, privateKey, new TextEncoder().encode(input))
      return `${input}.${encode(String.fromCharCode(...new Uint8Array(signature)))}`
    },
    async jwks() {
      const key = await crypto.subtle.exportKey('jwk', (await keyPair()).publicKey)
      return { keys: [{ ...key, kid: 'test', alg: 'ES256', use: 'sig' } as JsonWebKey] }
    },
  }
}

function encode(text: string): string {
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
