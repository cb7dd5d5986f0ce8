import { EvergrantError } from '../core/errors.js'
import type { Grant } from '../core/grant.js'
import { readAnswer } from './answer.js'
import { assertFree, parametersOf } from './parameters.js'

const ours = ['grant_type', 'refresh_token', 'client_id', 'client_secret', 'client_assertion', 'client_assertion_type']

/**
 * Spends the refresh token (RFC 6749 section 6).
 *
 * @param additional further parameters of the body. A `scope` is cut down to what the session was granted
 * @throws EvergrantError `misconfigured` when `additional` names a parameter that is the grant's own
 */
export function refreshTokenGrant(additional: Readonly<Record<string, string>> = {}): Grant {
  assertFree(additional, ours)
  return async ({ refreshToken, scope, kind, proofKey, client, now, sending }) => {
    if (refreshToken === undefined) throw new EvergrantError('login_required', 'this session has no refresh token')
    const asked = { ...additional, scope: scopeWithin(scope, additional.scope), ...parametersOf(kind) }
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, ...asked }
    const response = await client.post('token_endpoint', form, sending, proofKey)
    const granted = await readAnswer(client, response, now(), refreshToken)
    // A server that says nothing of the scope has granted what was asked for (RFC 6749 section 5.1).
    return { ...granted, response: { ...granted.response, scope: granted.response.scope || asked.scope } }
  }
}

/** Leaves out every scope that was not granted: asking for it would fail. */
function scopeWithin(granted: string | undefined, wanted = ''): string | undefined {
  const words = granted && splitScope(granted)
  const scope = splitScope(wanted).filter((word) => !words || words.includes(word))
  return scope.join(' ') || undefined
}

/** Servers separate scopes by spaces (RFC 6749 section 3.3), but also by commas, and some encode the spaces. */
function splitScope(scope: string): string[] {
  return scope.split(/%20|[\s,]/).filter(Boolean)
}
