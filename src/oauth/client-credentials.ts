import { EvergrantError, isEvergrantError } from '../core/errors.js'
import type { Grant } from '../core/grant.js'
import { readAnswer } from './answer.js'
import { assertFree, parametersOf } from './parameters.js'

const ours = [
  'grant_type',
  'scope',
  'resource',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
]

/** What {@link clientCredentials} asks for besides the `scope` of the manager. */
export interface ClientCredentialsOptions {
  /** The API that the tokens are for, an absolute URI (RFC 8707 section 2). */
  readonly resource?: string | undefined
  /** Further parameters of the request, such as `audience`. */
  readonly additionalParameters?: Readonly<Record<string, string>> | undefined
}

/**
 * Tokens for the client itself (RFC 6749 section 4.4), as the `grant` of a manager. Nobody signs in: the first call gets
 * a token, which is cached, shared through the store and renewed as every other. Tokens of another `scope` or `resource`
 * are a session of their own.
 *
 * @throws EvergrantError `misconfigured` when `additionalParameters` names a parameter that is the grant's own
 */
export function clientCredentials(options: ClientCredentialsOptions = {}): Grant {
  const { resource, additionalParameters = {} } = options
  assertFree(additionalParameters, ours)
  const grant: Grant = async ({ scope, kind, proofKey, client, now, sending }) => {
    const usual = { ...additionalParameters, ...(scope && { scope }), ...(resource && { resource }) }
    const asked = { ...usual, ...parametersOf(kind) }
    const form = { ...asked, grant_type: 'client_credentials' }
    const response = await client.post('token_endpoint', form, sending, proofKey)
    const granted = await readAnswer(client, response, now()).catch(refused)
    // It should not come (RFC 6749 section 4.4.3), and nothing here would use it.
    return { ...granted, response: { ...granted.response, refresh_token: undefined } }
  }
  return Object.assign(grant, { startsSession: true, resource })
}

/** There is nobody to sign in, and no session that could end: whatever the server says, asking again may help. */
function refused(failure: unknown): never {
  if (!isEvergrantError(failure) || failure.code !== 'login_required') throw failure
  const { message, status, error, errorDescription, errorUri, retryAt } = failure
  throw new EvergrantError('denied', message, { status, error, errorDescription, errorUri, retryAt })
}
