import type { OAuthClient } from '../core/client.js'
import { systemEnvironment } from '../core/environment.js'
import type { Granted } from '../core/grant.js'
import { readAnswer } from './answer.js'

/** The answer that a session starts with. */
export interface FirstAnswer extends Granted {
  /** When it was asked for, in milliseconds since 1970: lifetimes count from then. */
  readonly sentAt: number
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
  const sentAt = systemEnvironment.now()
  const response = await client.post('token_endpoint', form)
  return { ...(await readAnswer(response, sentAt, secret)), sentAt }
}
