import type { ClientAuth } from 'oauth4webapi'
import type { OAuthClient, ServerMetadata } from '../core/client.js'
import type { Environment } from '../core/environment.js'
import { assertSecure, isNeverSent, networkFailure, requestInit } from './http.js'

/** What a client is made from. */
export interface ClientOptions {
  readonly clientId: string
  readonly scope?: string | undefined
  /** How the client authenticates; without it the client is public and sends its id in the body. */
  readonly clientAuth?: ClientAuth | undefined
  readonly metadata: () => Promise<ServerMetadata>
  readonly environment: Environment
}

/** Makes the client through which everything reaches the authorization server. */
export function oauthClient(options: ClientOptions): OAuthClient {
  const { clientId, scope, clientAuth = publicClient, metadata, environment } = options
  return {
    clientId,
    scope,
    metadata,
    async post(endpoint, form, onSending) {
      const server = await metadata()
      const url = server[endpoint]
      assertSecure(endpoint, url)
      const body = new URLSearchParams()
      for (const [name, value] of Object.entries(form)) [value].flat().forEach((one) => body.append(name, one))
      const headers = new Headers({ accept: 'application/json' })
      await clientAuth(server as Parameters<ClientAuth>[0], { client_id: clientId }, body, headers)
      const takeBack = onSending?.()
      try {
        return await environment.fetch(url, { ...requestInit, method: 'POST', headers, body })
      } catch (error) {
        if (isNeverSent(error)) takeBack?.()
        throw networkFailure(error)
      }
    },
  }
}

/** RFC 6749 section 3.2.1: a client without a secret names itself. */
const publicClient: ClientAuth = (_server, client, body) => body.set('client_id', client.client_id)
