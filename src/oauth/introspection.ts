import type { OAuthClient } from '../core/client.js'
import { systemEnvironment } from '../core/environment.js'
import { EvergrantError } from '../core/errors.js'
import { isNumber, isText } from '../core/shape.js'
import { failureOf, parseObject, readText, type JsonObject } from './answer.js'
import { decodePart } from './id-token.js'

/**
 * What a server tells of a token (RFC 7662 section 2.2). A member that is not of the type it should have is left out; those
 * that the standard does not name are passed on as they came.
 */
export interface IntrospectionResponse {
  /** Whether the token is of use now: it was issued here, is neither expired nor revoked, and this client may know of it. */
  readonly active: boolean
  /** Words separated by spaces. */
  readonly scope?: string
  readonly client_id?: string
  /** A name of the user for people to read. */
  readonly username?: string
  readonly token_type?: string
  /** When the token ends, in seconds since 1970. */
  readonly exp?: number
  /** When it was issued, in seconds since 1970. */
  readonly iat?: number
  /** From when on it is good, in seconds since 1970. */
  readonly nbf?: number
  /** Names the user to programs. */
  readonly sub?: string
  /** Whom the token is for. */
  readonly aud?: string | readonly string[]
  readonly iss?: string
  readonly jti?: string
  readonly [member: string]: unknown
}

/**
 * Asks what a token is worth (RFC 7662 section 2.1).
 *
 * @throws EvergrantError `unsupported` where the server offers no such thing, or encrypts its answer; `misconfigured`,
 *   `denied` or `unavailable` as the server says
 */
export async function requestIntrospection(
  client: OAuthClient,
  token: string,
  hint: string,
): Promise<IntrospectionResponse> {
  const { introspection_endpoint } = await client.metadata()
  if (introspection_endpoint === undefined) throw unsupported('has no introspection_endpoint')
  const response = await client.post('introspection_endpoint', { token, token_type_hint: hint })
  const body = bodyOf(response, await readText(response))
  if (!response.ok || typeof body?.active !== 'boolean') {
    throw failureOf(response, body, systemEnvironment.now(), token)
  }
  if (!body.active) return { active: false }
  return { active: true, ...Object.fromEntries(Object.entries(body).filter(isSound)) }
}

/**
 * What an answer holds, also one that is a JWT (RFC 9701 section 5). Its signature is not checked: it comes straight from the
 * server over TLS, as ID tokens do.
 */
function bodyOf({ headers }: Response, text: string): JsonObject | undefined {
  if (!headers.get('content-type')?.includes('jwt')) return parseObject(text)
  const [, payload = '', ...rest] = text.trim().split('.')
  if (rest.length === 3) throw unsupported('encrypts what it says of a token')
  return decodePart(payload)?.token_introspection as JsonObject | undefined
}

/** Whether a member is of the type it should have. */
function isSound([name, value]: [string, unknown]): boolean {
  switch (name) {
    case 'exp':
    case 'iat':
    case 'nbf':
      return isNumber(value)
    case 'aud':
      return [value].flat().every(isText)
    case 'scope':
    case 'client_id':
    case 'username':
    case 'token_type':
    case 'sub':
    case 'iss':
    case 'jti':
      return isText(value)
    default:
      return true
  }
}

function unsupported(why: string): EvergrantError {
  return new EvergrantError('unsupported', `the server ${why}`)
}
