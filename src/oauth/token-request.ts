import type { OAuthClient } from '../core/client.js'
import { systemEnvironment } from '../core/environment.js'
import type { Granted } from '../core/grant.js'
import type { ProofKey } from '../core/proof.js'
import { readAnswer } from './answer.js'

/** The answer that a session starts with. */
export interface FirstAnswer extends Granted {
  /** When it was asked for, in milliseconds since 1970: lifetimes count from then. */
  readonly sentAt: number
  /** The key that the tokens are bound to. */
  readonly proofKey: ProofKey | undefined
}

/**
 * Asks the token endpoint for the tokens of a session that is to start.
 *
 * @param secret what the form holds that must not come back in an error
 * @throws EvergrantError as `readAnswer()` does
 */
export async function requestTokens(
  client: OAuthClient,
  form: Readonly<Record<string, string>>,
  secret: string,
): Promise<FirstAnswer> {
  const proofKey = await client.prover?.makeKey()
  const sentAt = systemEnvironment.now()
  const response = await client.post('token_endpoint', form, undefined, proofKey)
  return { ...(await readAnswer(client, response, sentAt, secret)), sentAt, proofKey }
}
