import type { StoredRecord, LiveRecord } from '../core/record.js'
import { requireLive, type Session } from '../core/session.js'
import type { TokenManager } from '../core/token-manager.js'
import type { PooledSession } from '../core/token-pool.js'
import { bounded } from '../oauth/http.js'
import { requestRevocation } from '../oauth/revocation.js'
import { useHeldToken, type TokenChoice } from './held-token.js'

/**
 * Has the server revoke a token of the session (RFC 7009): the refresh token by default. Resolves once the server has said
 * that it is done. When it fails nothing has changed here, and it may be called again.
 *
 * With the refresh token the session ends: as soon as it is revoked, the session is signed out, as by `signOut()`. That goes
 * the other way round: it forgets the session whatever the server says, and tells the server afterwards.
 *
 * With the access token the session goes on: all its holders forget the token, and the next call gets a new one. Some
 * servers revoke all tokens of the sign-in with it; then the next renewal ends the session.
 *
 * Waits for the server at most ten seconds.
 *
 * @throws EvergrantError `login_required` or `lost_in_flight` when there is no session; `unsupported` where the server
 *   revokes no tokens, or none of this kind; `unavailable`, `misconfigured` or `denied` as it says; `misconfigured` when the
 *   session holds no such token; `storage_failed` when the token was revoked and could not be erased here
 */
export async function revoke(
  tokens: TokenManager | PooledSession,
  { token: name = 'refresh_token', ...kind }: TokenChoice = {},
): Promise<void> {
  await useHeldToken(tokens, name, kind, async (token, session) => {
    const { sessionId } = requireLive(session.record)
    await bounded(requestRevocation(tokens.client, token, name))
    if (name === 'access_token') return forget(session, token)
    // A store that cannot be read has told of nobody else.
    await session.read().catch(() => undefined)
    if (!isOther(session.record, sessionId)) await tokens.signOut()
  })
}

/** Whether somebody has signed in meanwhile, whose session it is now. */
function isOther(record: StoredRecord | undefined, sessionId: string): boolean {
  return record?.state === 'live' && record.sessionId !== sessionId
}

/** Takes an access token out of the record, so that nobody is given it any more. */
async function forget(session: Session, token: string): Promise<void> {
  await session.flush()
  await session.update((stored) => withoutToken(stored, token))
}

function withoutToken(stored: StoredRecord | undefined, token: string): LiveRecord | undefined {
  if (stored?.state !== 'live') return undefined
  const all = Object.entries(stored.accessTokens)
  const others = all.filter(([, one]) => one.token !== token)
  return others.length < all.length ? { ...stored, accessTokens: Object.fromEntries(others) } : undefined
}
