import type { OAuthClient } from '../core/client.js'
import { systemEnvironment, type Environment } from '../core/environment.js'
import { EvergrantError, isEvergrantError } from '../core/errors.js'
import type { Revoke } from '../core/revocation.js'
import { readSuccess } from './answer.js'

/** Revokes tokens where the server offers it (RFC 7009); elsewhere they live until they expire. */
export function revocation(client: OAuthClient, environment: Environment): Revoke {
  return async (token, hint) => {
    const { revocation_endpoint } = await client.metadata()
    if (!revocation_endpoint) return
    const response = await client.post('revocation_endpoint', { token, token_type_hint: hint })
    await readSuccess(response, environment.now(), token).catch((failure: unknown) => {
      // A token that is dead already is what was wanted; Google says so by an error, against RFC 7009 section 2.2.
      if (!isEvergrantError(failure) || failure.error !== 'invalid_token') throw failure
    })
  }
}

/**
 * Revokes a token, for somebody who has to know that this is done.
 *
 * @throws EvergrantError `unsupported` where the server does not revoke this kind of token, or none
 */
export async function requestRevocation(client: OAuthClient, ...[token, hint]: Parameters<Revoke>): Promise<void> {
  const { revocation_endpoint } = await client.metadata()
  if (!revocation_endpoint) throw new EvergrantError('unsupported', 'the server has no revocation_endpoint')
  await revocation(client, systemEnvironment)(token, hint).catch((failure: unknown) => {
    if (!isEvergrantError(failure) || failure.error !== 'unsupported_token_type') throw failure
    const { message, status, error, errorDescription } = failure
    throw new EvergrantError('unsupported', message, { status, error, errorDescription })
  })
}
