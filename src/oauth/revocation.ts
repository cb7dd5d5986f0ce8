import type { OAuthClient } from '../core/client.js'
import type { Environment } from '../core/environment.js'
import type { Revoke } from '../core/revocation.js'
import { readSuccess } from './answer.js'

/** Revokes tokens where the server offers it (RFC 7009); elsewhere they live until they expire. */
export function revocation(client: OAuthClient, environment: Environment): Revoke {
  return async (token, hint) => {
    const { revocation_endpoint } = await client.metadata()
    if (!revocation_endpoint) return
    const response = await client.post('revocation_endpoint', { token, token_type_hint: hint })
    await readSuccess(response, environment.now(), token)
  }
}
