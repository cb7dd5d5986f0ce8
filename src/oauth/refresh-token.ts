import { allowInsecureRequests, customFetch, None, refreshTokenGrantRequest, type ClientAuth } from 'oauth4webapi'
import type { Environment } from '../core/environment.js'
import { EvergrantError } from '../core/errors.js'
import type { Grant } from '../core/grant.js'
import { readAnswer } from './answer.js'
import type { ServerMetadata } from './discovery.js'
import { assertSecure, isNeverSent, networkFailure, requestInit } from './http.js'

/** What {@link refreshTokenGrant} asks with. */
export interface RefreshTokenOptions {
  readonly metadata: () => Promise<ServerMetadata>
  readonly clientId: string
  /** How the client authenticates; without it the client is public and sends its id in the body. */
  readonly clientAuth?: ClientAuth | undefined
  /** Further parameters of the body. A `scope` is cut down to what the session was granted (RFC 6749 section 6). */
  readonly additionalParameters?: Readonly<Record<string, string>> | undefined
  readonly environment: Environment
}

const ours = ['grant_type', 'refresh_token', 'client_id', 'client_secret', 'client_assertion', 'client_assertion_type']

/**
 * Spends the refresh token (RFC 6749 section 6).
 *
 * @throws EvergrantError `misconfigured` when `additionalParameters` names a parameter that is the grant's own
 */
export function refreshTokenGrant(options: RefreshTokenOptions): Grant {
  const { metadata, clientId, clientAuth = None(), additionalParameters = {}, environment } = options
  for (const name of ours) {
    if (name in additionalParameters)
      throw new EvergrantError('misconfigured', `additionalParameters cannot set ${name}`)
  }
  return async ({ refreshToken, scope, sending }) => {
    if (refreshToken === undefined) throw new EvergrantError('login_required', 'this session has no refresh token')
    const server = await metadata()
    assertSecure('token_endpoint', server.token_endpoint)
    const asked = parameters(additionalParameters, scope)
    const response = await refreshTokenGrantRequest(server, { client_id: clientId }, clientAuth, refreshToken, {
      additionalParameters: asked,
      [allowInsecureRequests]: true,
      [customFetch]: async (url, init) => {
        const takeBack = sending()
        try {
          return await environment.fetch(url, { ...init, ...requestInit } as RequestInit)
        } catch (error) {
          if (isNeverSent(error)) takeBack()
          throw networkFailure(error)
        }
      },
    })
    const granted = await readAnswer(response, environment.now(), refreshToken)
    // A server that says nothing of the scope has granted what was asked for (RFC 6749 section 5.1).
    const askedScope = asked.get('scope')
    if (askedScope === null || granted.response.scope) return granted
    return { ...granted, response: { ...granted.response, scope: askedScope } }
  }
}

/** Leaves out what is empty (RFC 6749 section 3.1), and every scope that was not granted: asking for it would fail. */
function parameters(additional: Readonly<Record<string, string>>, granted: string | undefined): URLSearchParams {
  const words = granted && splitScope(granted)
  const scope = splitScope(additional.scope ?? '').filter((word) => !words || words.includes(word))
  return new URLSearchParams(Object.entries({ ...additional, scope: scope.join(' ') }).filter(([, value]) => value))
}

/** Servers separate scopes by spaces (RFC 6749 section 3.3), but also by commas, and some encode the spaces. */
function splitScope(scope: string): string[] {
  return scope.split(/%20|[\s,]/).filter(Boolean)
}
