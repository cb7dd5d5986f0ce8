import {
  allowInsecureRequests,
  customFetch,
  discoveryRequest,
  JSON_ATTRIBUTE_COMPARISON,
  processDiscoveryResponse,
  type AuthorizationServer,
} from 'oauth4webapi'
import { within, type Environment } from '../core/environment.js'
import { EvergrantError, isEvergrantError } from '../core/errors.js'
import { assertSecure, networkFailure, requestInit } from './http.js'

/** Metadata of an authorization server (RFC 8414, OpenID Connect Discovery). */
export type ServerMetadata = AuthorizationServer

const freshMs = 24 * 3_600_000
const answerMs = 10_000

/**
 * Tells where the endpoints of a server are: from `metadata` without any request, or by asking its `issuer` when they
 * are needed first and once a day from then on. What was once learnt is used for as long as the server cannot be asked.
 */
export function metadataSource(
  { issuer = '', metadata }: { readonly issuer?: string | undefined; readonly metadata?: ServerMetadata | undefined },
  environment: Environment,
): () => Promise<ServerMetadata> {
  if (metadata) {
    assertSecure('metadata.token_endpoint', metadata.token_endpoint)
    return () => Promise.resolve(metadata)
  }
  assertSecure('issuer', issuer)
  let known: { metadata: ServerMetadata; at: number } | undefined
  let asking: Promise<ServerMetadata> | undefined
  const ask = async (): Promise<ServerMetadata> => {
    try {
      const metadata = await within(environment, answerMs, discover(issuer, environment), () =>
        networkFailure(undefined),
      )
      known = { metadata, at: environment.monotonic() }
    } catch (error) {
      if (!known) throw error
    } finally {
      asking = undefined
    }
    return known.metadata
  }
  return () => {
    if (known && environment.monotonic() - known.at < freshMs) return Promise.resolve(known.metadata)
    return (asking ??= ask())
  }
}

/** Asks in the form of OpenID Connect first, then in that of RFC 8414; a server has at least one of them. */
async function discover(issuer: string, environment: Environment): Promise<ServerMetadata> {
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    const response = await discoveryRequest(new URL(issuer), {
      algorithm,
      [allowInsecureRequests]: true,
      [customFetch]: (url, init) => environment.fetch(url, { ...init, ...requestInit } as RequestInit),
    }).catch((error: unknown) => {
      throw networkFailure(error)
    })
    if (response.status === 404) continue
    if (response.status !== 200)
      throw new EvergrantError('unavailable', 'discovery failed', { status: response.status })
    return readMetadata(issuer, response)
  }
  throw new EvergrantError('misconfigured', `there is no server metadata at ${issuer}`, { status: 404 })
}

async function readMetadata(issuer: string, response: Response): Promise<ServerMetadata> {
  try {
    const metadata = await processDiscoveryResponse(new URL(issuer), response)
    assertSecure('token_endpoint', metadata.token_endpoint)
    return metadata
  } catch (error) {
    if (isEvergrantError(error)) throw error
    const isOther = (error as { code?: unknown }).code === JSON_ATTRIBUTE_COMPARISON
    throw isOther
      ? new EvergrantError(
          'misconfigured',
          `the server at ${issuer} calls itself by another name: use that as the issuer`,
        )
      : new EvergrantError('unavailable', `what ${issuer} answered is no server metadata`)
  }
}
