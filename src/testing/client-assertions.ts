import type { Jwk } from '../core/keys.js'
import { base64Url } from './base64-url.js'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** The longest time ahead that an assertion may end, as at Okta. */
const longestSeconds = 3600

/** What an assertion is checked against. */
export interface AssertionCheck {
  /** What it may name as its audience. */
  readonly audiences: readonly string[]
  /** By the server's clock, in milliseconds since 1970. */
  readonly now: number
}

/** The algorithms that assertions may be signed with, as the runtime calls them. */
const algorithms = {
  HS256: { name: 'HMAC', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 },
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
} as const

/** The assertions by which clients authenticate (RFC 7523 section 3). Each is good once. */
export class ClientAssertions {
  readonly #used = new Set<unknown>()

  /** Whom an assertion speaks of. That it is true is not said. */
  subjectOf(form: URLSearchParams): string | undefined {
    const { sub } = claimsOf(form)
    return typeof sub === 'string' ? sub : undefined
  }

  /** Whether a client has signed the assertion in `form` with this key, for this server and time. */
  async isBy(clientId: string, key: Jwk, form: URLSearchParams, check: AssertionCheck): Promise<boolean> {
    const { iss, aud, exp, iat, jti } = claimsOf(form)
    const seconds = Math.floor(check.now / 1000)
    const isInTime = Number(exp) > seconds && Number(exp) <= seconds + longestSeconds && Number(iat) <= seconds
    const isForUs = [aud].flat().every((one) => check.audiences.includes(String(one)))
    const isOfType = form.get('client_assertion_type') === assertionType
    if (iss !== clientId || !isOfType || !isInTime || !isForUs || this.#used.has(jti)) return false
    if (!(await isSigned(form.get('client_assertion') ?? '', key))) return false
    this.#used.add(jti)
    return true
  }
}

/** A shared secret as the key that it is. */
export function secretKey(secret: string): Jwk {
  return { kty: 'oct', k: base64Url(new TextEncoder().encode(secret)) }
}

async function isSigned(assertion: string, jwk: Jwk): Promise<boolean> {
  const [header = '', payload = '', signature = ''] = assertion.split('.')
  const algorithm = Object.entries(algorithms).find(([alg]) => alg === decode(header).alg)?.[1]
  if (!algorithm || (jwk.kty === 'oct') !== (algorithm.name === 'HMAC')) return false
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify'])
  const bytes = Uint8Array.from(fromBase64Url(signature), (char) => char.charCodeAt(0))
  return crypto.subtle.verify(algorithm, key, bytes, new TextEncoder().encode(`${header}.${payload}`))
}

function claimsOf(form: URLSearchParams): Readonly<Record<string, unknown>> {
  return decode(form.get('client_assertion')?.split('.')[1] ?? '')
}

function decode(part: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(fromBase64Url(part))) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}

function fromBase64Url(text: string): string {
  return atob(text.replaceAll('-', '+').replaceAll('_', '/'))
}
