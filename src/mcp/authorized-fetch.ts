import { readChallenges } from '../core/challenge.js'
import { systemEnvironment } from '../core/environment.js'
import { EvergrantError } from '../core/errors.js'
import type { McpSession } from './session.js'

/** The `fetch` that transports of the SDK take. */
export type McpFetch = (url: string | URL, init?: RequestInit) => Promise<Response>

/**
 * Sends the requests of a transport. When the MCP server refuses the access token, it is renewed, once for all requests,
 * and the request repeated: left to itself the SDK would ask the user to sign in.
 */
export function authorizedFetch(
  serverUrl: string,
  session: McpSession,
  fetch: McpFetch = systemEnvironment.fetch,
): McpFetch {
  const { origin } = new URL(serverUrl)
  return async (url, init) => {
    const { sessionId } = session
    const headers = new Headers(init?.headers)
    const rejected = /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1]
    const response = await fetch(url, init)
    if (rejected === undefined || new URL(url).origin !== origin || !isRefused(response)) return response
    const tokens = await session.getTokens({ rejected, signal: init?.signal ?? undefined })
    if (!tokens) return response
    response.body?.cancel().catch(() => undefined)
    // What one session has begun is not repeated in another, which may be another user's.
    if (tokens.sessionId !== sessionId) throw new EvergrantError('aborted', 'another session took its place')
    if (tokens.accessToken === rejected) throw refusedAgain()
    headers.set('authorization', `Bearer ${tokens.accessToken}`)
    const second = await fetch(url, { ...init, headers })
    if (!isRefused(second)) return second
    second.body?.cancel().catch(() => undefined)
    throw refusedAgain()
  }
}

/** Whether a new token may help. Where the server demands another scope, the SDK asks the user for it. */
function isRefused({ status, headers }: Response): boolean {
  if (status !== 401) return false
  const errors = readChallenges(headers.get('www-authenticate')).map(({ parameters }) => parameters.get('error'))
  return errors.every((error) => error === undefined || error === 'invalid_token')
}

/** The fault is with the MCP server, and signing in again would most likely bring another token that it refuses. */
function refusedAgain(): EvergrantError {
  return new EvergrantError('denied', 'the MCP server refuses an access token that was issued just now', {
    status: 401,
  })
}
