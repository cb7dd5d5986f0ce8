import type { IssuedTokens } from './issued-tokens.js'
import { respond } from './responses.js'
import { isWithin } from './scopes.js'

/**
 * Serves a protected resource to whoever presents a token that lives. The query says what else it asks for: `scope` a
 * scope (RFC 6750), `acr` and `max_age` how well and how recently the user was authenticated (RFC 9470).
 */
export function serveResource(request: Request, tokens: IssuedTokens, now: number): Response {
  const token = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
  if (token === undefined) return challenge(401, {})
  const signIn = tokens.familyBehind(token, now)
  if (!signIn) return challenge(401, { error: 'invalid_token' })
  const { searchParams } = new URL(request.url)
  const [scope, acr, maxAge] = ['scope', 'acr', 'max_age'].map((name) => searchParams.get(name) ?? undefined)
  if (scope && !isWithin(scope, signIn.scope)) return challenge(403, { error: 'insufficient_scope', scope })
  const isTooOld = maxAge !== undefined && now - signIn.authenticatedAt > Number(maxAge) * 1000
  if ((acr !== undefined && signIn.acr !== acr) || isTooOld) {
    return challenge(401, { error: 'insufficient_user_authentication', acr_values: acr, max_age: maxAge })
  }
  return respond(200, {}, { subject: signIn.subject })
}

function challenge(status: number, parameters: Readonly<Record<string, string | undefined>>): Response {
  const parts = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return respond(status, { 'www-authenticate': ['Bearer', parts.join(', ')].join(' ').trim() }, undefined)
}
