import type { IssuedTokens } from './issued-tokens.js'
import { respond } from './responses.js'

/** The introspection endpoint (RFC 7662). A client is told of its own tokens only. */
export function introspect(form: URLSearchParams, clientId: string, tokens: IssuedTokens, now: number): Response {
  const token = form.get('token')
  if (!token) return respond(400, {}, { error: 'invalid_request' })
  const facts = tokens.describe(token, clientId, now)
  return respond(200, {}, facts ? { active: true, ...facts } : { active: false })
}
