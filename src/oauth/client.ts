import type { AnswerMapping, OAuthClient, ServerMetadata } from '../core/client.js'
import type { Environment } from '../core/environment.js'
import type { Prover, Send } from '../core/proof.js'
import type { ClientAuth, Exchange } from './credentials.js'
import { assertSecure, networkFailure, requestInit } from './http.js'
import { pairsOf } from './parameters.js'

/** What a client is made from. */
export interface ClientOptions extends AnswerMapping {
  readonly clientId: string
  readonly scope?: string | undefined
  /** How the client authenticates; without it the client is public and sends its id in the body. */
  readonly clientAuth?: ClientAuth | undefined
  /** Binds sessions to keys. */
  readonly dpop?: Prover | undefined
  /** Whether a failed `fetch` certainly sent nothing. Where the platform does not tell, all counts as sent. */
  readonly isNeverSent?: ((error: unknown) => boolean) | undefined
  readonly metadata: () => Promise<ServerMetadata>
  readonly environment: Environment
}

/** Makes the client through which everything reaches the authorization server. */
export function oauthClient(options: ClientOptions): OAuthClient {
  const { clientId, scope, clientAuth = publicClient, dpop: prover, metadata, environment } = options
  const { mapResponse, mapError, isNeverSent } = options
  return {
    clientId,
    scope,
    mapResponse,
    mapError,
    prover,
    metadata,
    async post(endpoint, form, onSending, key) {
      const server = await metadata()
      const { now } = environment
      let takeBack: (() => void) | undefined
      const sendTo: Parameters<Exchange>[0] = async (url, context) => {
        assertSecure(endpoint, url)
        const send: Send = async (proof) => {
          const body = new URLSearchParams(pairsOf(form))
          const headers = new Headers({ accept: 'application/json', ...(proof && { dpop: proof }) })
          const authorizationServer = server as Parameters<ClientAuth>[0]
          await clientAuth(authorizationServer, { client_id: clientId }, body, headers, context)
          // What was sent before was refused as a whole.
          takeBack?.()
          takeBack = onSending?.()
          try {
            return await environment.fetch(url, { ...requestInit, method: 'POST', headers, body })
          } catch (error) {
            if (isNeverSent?.(error)) takeBack?.()
            throw networkFailure(error, url)
          }
        }
        return key && prover ? prover.prove({ key, method: 'POST', url, isRepeatable: true, now }, send) : send()
      }
      const { exchange } = clientAuth
      return exchange ? exchange(sendTo, server, endpoint, now, { mapResponse, mapError }) : sendTo(server[endpoint])
    },
  }
}

/** RFC 6749 section 3.2.1: a client without a secret names itself. */
const publicClient: ClientAuth = (_server, client, body) => body.set('client_id', client.client_id)
