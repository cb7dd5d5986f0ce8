/** Claims as the tests' server puts them into an ID token of alice for the client `client`. */
export const claims = {
  iss: 'https://as.example',
  sub: 'alice',
  aud: 'client' as unknown,
  iat: Date.UTC(2026, 0, 1) / 1000,
  exp: Date.UTC(2026, 0, 1) / 1000 + 3600,
}

/** An ID token with any claims. Its signature is none that would hold. */
export function idToken(changes: object = {}, header: object = { alg: 'ES256' }): string {
  return [header, { ...claims, ...changes }].map((part) => encode(JSON.stringify(part))).join('.') + '.c2ln'
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}
