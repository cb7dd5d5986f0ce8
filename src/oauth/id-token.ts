import type { Identity, IdTokenCheck, IdTokenVerdict } from '../core/grant.js'
import { isNumber, isText, optional, shape } from '../core/shape.js'
import { parseObject } from './answer.js'
import { isSameUrl } from './http.js'

/** How far the clocks of server and client may disagree, in milliseconds. */
export const toleranceMs = 300_000

/**
 * Judges ID tokens of one client (OpenID Connect Core sections 3.1.3.7 and 12.2). Their signature is not checked: they
 * come straight from the token endpoint over TLS, which section 3.1.3.7 accepts in its place.
 *
 * @param issuer the issuer, or `undefined` to accept any as the first one
 */
export function idTokenCheck(issuer: string | undefined, clientId: string): IdTokenCheck {
  return (idToken, original, now) => {
    const claims = readClaims(idToken)
    if (!claims) return refuse('it cannot be read')
    const { iss, aud, azp } = claims
    if (!isSameUrl(iss, original?.iss ?? issuerOf(claims, issuer))) return refuse(`its issuer is ${iss}`, true)
    if (!audiences(aud).includes(clientId)) return refuse('it is for another client', true)
    if (original && claims.sub !== original.sub) return refuse('it is about another user', true)
    if (azp !== undefined && azp !== clientId) return refuse('its azp is another client')
    if (original && !continues(claims, original)) return refuse('it does not continue the first one')
    if (original && claims.iat * 1000 > now + toleranceMs) return refuse('it was issued in the future')
    if (original && claims.exp * 1000 < now - toleranceMs) return refuse('it has expired')
    const { sub, iat, auth_time, nonce } = claims
    return { identity: { iss, sub, aud, iat, azp, auth_time, nonce } }
  }
}

interface Claims extends Identity {
  readonly exp: number
  readonly tid?: unknown
}

/**
 * Where users of many directories sign in, Entra ID calls itself after that of the user. What is in braces stands for it:
 * `{tenantid}` in its own metadata, and what was asked for in those of the preset.
 */
function issuerOf({ iss, tid }: Claims, issuer = iss): string {
  return issuer.replace(/\{.*?\}/, String(tid))
}

/** Section 12.2: the time of sign-in is the same, and so is a nonce that is there; no audience is new; it is not older. */
function continues(claims: Claims, original: Identity): boolean {
  return (
    audiences(claims.aud).every((audience) => audiences(original.aud).includes(audience)) &&
    (claims.auth_time === undefined || original.auth_time === undefined || claims.auth_time === original.auth_time) &&
    (claims.nonce === undefined || claims.nonce === original.nonce) &&
    claims.azp === original.azp &&
    claims.iat >= original.iat
  )
}

const isClaims = shape({
  iss: isText,
  sub: isText,
  aud: (aud) => audiences(aud).every(isText),
  iat: isNumber,
  exp: isNumber,
  azp: optional(isText),
  auth_time: optional(isNumber),
  nonce: optional(isText),
})

/** The claims of a token whose form is right: three parts, signed in some way, every claim of its type. */
function readClaims(idToken: string): Claims | undefined {
  const [head = '', body = '', signature = ''] = idToken.split('.')
  const alg = decodePart(head)?.alg
  const claims = decodePart(body)
  const isSigned = isText(alg) && alg !== 'none' && signature !== ''
  return isSigned && isClaims(claims) ? (claims as unknown as Claims) : undefined
}

/** What a part of a JWT holds; `undefined` when that is no object. */
export function decodePart(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
    return parseObject(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}

function audiences(aud: unknown): readonly unknown[] {
  return Array.isArray(aud) ? aud : [aud]
}

function refuse(problem: string, someoneElse = false): IdTokenVerdict {
  return { problem, someoneElse }
}
