import type { ServerMetadata } from '../core/client.js'
import { within, type Environment } from '../core/environment.js'
import { EvergrantError, unanswered } from '../core/errors.js'
import { assertSecure, isSameUrl, networkFailure, requestInit } from './http.js'

const freshMs = 24 * 3_600_000
/** Leaves half of the time of a renewal to the token request. */
const discoveryMs = 5000

/**
 * Tells where the endpoints of a server are: from `metadata` without any request, or by asking its `issuer` when they
 * are needed first. What is known is used; once a day it is asked for again, and nobody waits for that.
 */
export function metadataSource(
  { issuer = '', metadata }: { readonly issuer?: string | undefined; readonly metadata?: ServerMetadata | undefined },
  environment: Environment,
): () => Promise<ServerMetadata> {
  if (metadata) {
    assertSecure('metadata.issuer', metadata.issuer)
    assertSecure('metadata.token_endpoint', metadata.token_endpoint)
    return () => Promise.resolve(metadata)
  }
  assertSecure('issuer', issuer)
  let known: ServerMetadata | undefined
  let learntAt = 0
  let asking: Promise<ServerMetadata> | undefined
  /** Also an answer that comes too late for whoever asked is kept for the next. */
  const learn = async (): Promise<ServerMetadata> => {
    known = await discover(issuer, environment)
    learntAt = environment.monotonic()
    return known
  }
  return async () => {
    if (known && environment.monotonic() - learntAt < freshMs) return known
    asking ??= within(environment, discoveryMs, learn(), () => unanswered(issuer)).finally(() => {
      asking = undefined
    })
    if (!known) return asking
    asking.catch(() => undefined)
    return known
  }
}

/** Asks in the form of OpenID Connect first, then in that of RFC 8414; a server has at least one of them. */
async function discover(issuer: string, environment: Environment): Promise<ServerMetadata> {
  let failure = new EvergrantError('misconfigured', `there is no server metadata at ${issuer}`, { status: 404 })
  for (const url of wellKnown(issuer)) {
    const headers = { accept: 'application/json' }
    const response = await environment.fetch(url, { ...requestInit, headers }).catch((error: unknown) => {
      // To a page, an answer without the headers of CORS is none, and those to unknown addresses often come without.
      failure = networkFailure(error, url)
    })
    if (!response) continue
    const { status } = response
    if (status === 404) continue
    const metadata = await readMetadata(issuer, response)
    if (metadata) return metadata
    failure = new EvergrantError('unavailable', `what ${issuer} answered is no server metadata`, { status })
  }
  throw failure
}

/**
 * OpenID Connect Discovery section 4 puts the well-known name behind the path of the issuer, RFC 8414 section 3 before
 * it.
 */
function wellKnown(issuer: string): string[] {
  const path = new URL(issuer).pathname.replace(/\/$/, '')
  const paths = [`${path}/.well-known/openid-configuration`, `/.well-known/oauth-authorization-server${path}`]
  return paths.map((pathname) => Object.assign(new URL(issuer), { pathname }).href)
}

/** The metadata in a response, if that is what it holds; refuses those of another server (RFC 8414 section 3.3). */
async function readMetadata(issuer: string, response: Response): Promise<ServerMetadata | undefined> {
  const metadata = (await response.json().catch(() => undefined)) as ServerMetadata | null | undefined
  const itself: unknown = metadata?.issuer
  if (!response.ok || !metadata || typeof itself !== 'string') return undefined
  if (!isSameUrl(itself, issuer)) {
    throw new EvergrantError('misconfigured', `the server at ${issuer} calls itself ${itself}: use that as the issuer`)
  }
  assertSecure('token_endpoint', metadata.token_endpoint)
  return metadata
}
