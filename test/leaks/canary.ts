import { idToken } from '../support/id-tokens.js'

/** Sits in every secret of these tests. Where it is found, a secret is. */
export const canary = 'Canary7Nest4Egg9Wing'

/** The canary as it is, and as it looks inside of a text in base64, in which it may begin at three places. */
const shapes = [canary, ...[0, 1, 2].map(inBase64)]

/** Whether a secret, or a good part of one, is in a text. */
export function hasCanary(text: string): boolean {
  return shapes.some((shape) => text.includes(shape))
}

/** A token that looks like one. */
export function canaryToken(kind: string, count: number): string {
  return `${kind}-${count}-${canary}-${String(count).repeat(8)}`
}

/** An ID token of alice with the canary in its signature. */
export function canaryIdToken(changes: object = {}): string {
  return idToken(changes).replace(/[^.]*$/, `${canary}-signature`)
}

/** Everything a token response can hold, each of it with the canary in it. */
export function canaryTokens(count: number): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000)
  return {
    access_token: canaryToken('access', count),
    token_type: 'Bearer',
    expires_in: 600,
    refresh_token: canaryToken('refresh', count),
    id_token: canaryIdToken({ iat: now, exp: now + 3600 }),
    session_secret: canaryToken('extra', count),
  }
}

/** Bytes before and after it change the first and the last characters, which are left out. */
function inBase64(bytesBefore: number): string {
  const text = Buffer.from('x'.repeat(bytesBefore) + canary).toString('base64url')
  return text.slice(bytesBefore === 0 ? 0 : 4, -4)
}
