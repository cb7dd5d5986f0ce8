import { EvergrantError } from '../core/errors.js'
import { tokenOf } from '../core/record.js'
import { requireLive, type Session } from '../core/session.js'
import { kindOf, type TokenKindOptions } from '../core/token-kind.js'
import { withSession, type TokenManager } from '../core/token-manager.js'
import type { PooledSession } from '../core/token-pool.js'

/** One of the tokens of a session. */
export type HeldToken = 'access_token' | 'refresh_token'

/** Which token of a session is meant. */
export interface TokenChoice extends TokenKindOptions {
  /** Of the access tokens, the one that is used by default, or that of `resource` and `scope`. */
  readonly token?: HeldToken | undefined
}

/**
 * Lets `use` at a token as the session holds it, also one that has expired; nothing is renewed for it.
 *
 * @throws EvergrantError as `getTokens()` does when there is no session; `misconfigured` when it holds no such token
 */
export async function useHeldToken<T>(
  tokens: TokenManager | PooledSession,
  name: HeldToken,
  kind: TokenKindOptions,
  use: (token: string, session: Session) => Promise<T>,
): Promise<T> {
  const { key } = kindOf(kind)
  if (!(withSession in tokens)) throw misconfigured('this needs a manager, or a session of a pool, as it was made')
  return tokens[withSession]((session) => {
    const record = requireLive(session.record)
    const token = name === 'access_token' ? tokenOf(record, key)?.token : record.refreshToken
    if (token === undefined) throw misconfigured(`this session holds no such ${name}`)
    return use(token, session)
  })
}

function misconfigured(why: string): EvergrantError {
  return new EvergrantError('misconfigured', why)
}
