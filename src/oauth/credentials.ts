import type { AuthorizationServer, Client } from 'oauth4webapi'
import type { AnswerMapping, FormEndpoint, ServerMetadata } from '../core/client.js'
import { systemEnvironment } from '../core/environment.js'
import { EvergrantError, isEvergrantError, nameOf } from '../core/errors.js'
import { peekRefusal, timeOf } from './answer.js'

/** What a client authentication may want to know of the request that it is for. */
export interface AuthenticationContext {
  /** The URL of the endpoint that is asked. */
  readonly endpoint: string
  /** The clock of the server as far as its answers tell, in milliseconds since 1970. */
  readonly now: () => number
}

/**
 * How a client shows who it is: adds something to the body or the headers of a request. It is the function type of
 * oauth4webapi, and told of more where it wants to know.
 */
export interface ClientAuth {
  (
    server: AuthorizationServer,
    client: Client,
    body: URLSearchParams,
    headers: Headers,
    context?: AuthenticationContext,
  ): void | Promise<void>
  /** How to ask an endpoint, where more is to be done than to send one request there. */
  readonly exchange?: Exchange | undefined
}

/**
 * Asks an endpoint of the server, by one request or several, each authenticated anew.
 *
 * @param send sends one to a URL. What was sent before counts as refused: it has changed nothing
 * @param mapping how the answers of the server are understood
 */
export type Exchange = (
  send: (url: string | undefined, context?: AuthenticationContext) => Promise<Response>,
  server: ServerMetadata,
  endpoint: FormEndpoint,
  now: () => number,
  mapping?: AnswerMapping,
) => Promise<Response>

/**
 * A secret or key, or a function that is asked for it before each request, such as a secret manager. When the server has
 * refused the client (`invalid_client`), it is asked once more, with `isRefused`: what it keeps in a cache is out of date
 * then. If something else comes, the request is repeated with it.
 */
export type Credential<T> = T | ((isRefused: boolean) => T | Promise<T>)

/** A request that is to be authenticated. */
export interface UnsignedRequest extends AuthenticationContext {
  readonly server: AuthorizationServer
  readonly client: Client
  readonly body: URLSearchParams
  readonly headers: Headers
}

/** A way to authenticate with something that nobody else has. */
export interface AuthenticationMethod<T> {
  /** The function that makes it. */
  readonly name: string
  readonly credential: Credential<T>
  /** Throws when it cannot be one. */
  check(credential: unknown): void
  show(credential: T, request: UnsignedRequest): void | Promise<void>
  /** Whether what it shows holds for some time only, which depends on the clock of the server. */
  readonly isTimed?: boolean
  /** Permits use in a page, for tests of server code that run in one. */
  readonly dangerouslyAllowInPage: boolean | undefined
}

/** One request of an exchange. */
interface Attempt extends AuthenticationContext {
  /** What the server has refused just before, if that may have been because of what was shown. */
  readonly refused?: Attempt | undefined
  /** By how much the clock of the server was thought to be ahead, in milliseconds. */
  readonly aheadMs?: number
  /** What was shown to the server, once it was. */
  shown?: { readonly credential: unknown }
}

/** What the answers of a server may tell of its clock is this rough: they name whole seconds, and took some time. */
const roughMs = 2000

/**
 * Makes a client authentication.
 *
 * @throws EvergrantError `misconfigured` in a page: everybody can read there what it needs (RFC 10017 section 6.3.3.1)
 */
export function authenticateBy<T>(method: AuthenticationMethod<T>): ClientAuth {
  const { name, credential, isTimed = false, dangerouslyAllowInPage = false } = method
  if ('document' in globalThis && !dangerouslyAllowInPage) {
    throw new EvergrantError('misconfigured', `${name}() is not for pages: everybody can read there what it needs`)
  }
  const isFixed = typeof credential !== 'function'
  if (isFixed) method.check(credential)
  const auth: ClientAuth = async (server, client, body, headers, context = contextOf(server)) => {
    const attempt: Attempt = context
    const { refused } = attempt
    const current = isFixed ? credential : await ask(name, credential as Provider<T>, refused !== undefined)
    method.check(current)
    if (refused && !mayDiffer(refused, attempt, current, isTimed)) throw refusedBefore(name)
    await method.show(current, { server, client, body, headers, ...context })
    attempt.shown = { credential: current }
  }
  return isFixed && !isTimed ? auth : Object.assign(auth, { exchange: exchangeTwice() })
}

type Provider<T> = Extract<Credential<T>, (isRefused: boolean) => unknown>

async function ask<T>(name: string, provider: Provider<T>, isRefused: boolean): Promise<T> {
  try {
    return (await provider(isRefused)) as T
  } catch (error) {
    if (isEvergrantError(error)) throw error
    throw new EvergrantError(
      'unavailable',
      `${name}(): the function that knows the credential failed: ${nameOf(error)}`,
    )
  }
}

/** For who authenticates without an exchange. */
function contextOf({ token_endpoint = '' }: AuthorizationServer): AuthenticationContext {
  return { endpoint: token_endpoint, now: () => systemEnvironment.now() }
}

/** Asks once more when the server has refused the client and there is something else to show. */
function exchangeTwice(): Exchange {
  /** By how much the clocks of servers are ahead, in milliseconds. */
  const ahead = new Map<string, number>()
  return async (send, server, endpoint, now, mapping = {}) => {
    const { issuer, [endpoint]: url } = server
    const attemptAfter = (refused?: Attempt): Attempt => {
      const aheadMs = ahead.get(issuer) ?? 0
      return { endpoint: url ?? '', now: () => now() + aheadMs, aheadMs, refused }
    }
    const first = attemptAfter()
    const sentAt = now()
    const response = await send(url, first)
    const serverTime = timeOf(response)
    if (serverTime !== undefined) ahead.set(issuer, serverTime - (sentAt + now()) / 2)
    if ((await peekRefusal(response, mapping)) !== 'invalid_client') return response
    const second = attemptAfter(first)
    try {
      return await send(url, second)
    } catch (error) {
      // With nothing else to show, the refusal stands.
      if (second.shown) throw error
      return response
    }
  }
}

/** Whether the server may find that another attempt shows something else than the one that it has refused. */
function mayDiffer(refused: Attempt, { aheadMs = 0 }: Attempt, current: unknown, isTimed: boolean): boolean {
  const isClockOff = Math.abs(aheadMs - (refused.aheadMs ?? 0)) > roughMs
  return refused.shown?.credential !== current || (isTimed && isClockOff)
}

function refusedBefore(name: string): EvergrantError {
  return new EvergrantError('misconfigured', `${name}(): the server has refused this credential`)
}
