import type { AnswerMapping, ServerMetadata } from './core/client.js'
import { systemEnvironment, type Environment } from './core/environment.js'
import { EvergrantError } from './core/errors.js'
import type { Grant } from './core/grant.js'
import { noLock } from './core/lock.js'
import { createManager } from './core/manager.js'
import type { ManagerParts } from './core/parts.js'
import type { Prover } from './core/proof.js'
import type { TokenStore } from './core/store.js'
import { assertKey, type TokenManager } from './core/token-manager.js'
import type { PoolEvent } from './core/token-pool.js'
import { oauthClient } from './oauth/client.js'
import type { ClientAuth } from './oauth/credentials.js'
import { metadataSource } from './oauth/discovery.js'
import { assertSecure } from './oauth/http.js'
import { idTokenCheck } from './oauth/id-token.js'
import { refreshTokenGrant } from './oauth/refresh-token.js'
import { revocation } from './oauth/revocation.js'

/** What a token manager is made from. */
export interface TokenManagerOptions extends AnswerMapping {
  /**
   * The issuer of the authorization server, an https URL (http on the loopback interface only). Its metadata is fetched
   * on first use. One of `issuer`, `metadata` and `grant` is required.
   */
  readonly issuer?: string | undefined
  /**
   * The metadata of the server, in place of `issuer`: then nothing is fetched (RFC 8414 section 2). Its `issuer` and
   * `token_endpoint` are required.
   */
  readonly metadata?: ServerMetadata | undefined
  /** The id by which the server knows this application. */
  readonly clientId: string
  /**
   * How a web client authenticates: `privateKeyJwt()`, `clientSecretBasic()`, `clientSecretPost()`, `clientSecretJwt()`,
   * `tlsClientAuth()`, or any client authentication function of oauth4webapi. Without it the client is public and sends its
   * `client_id` in the body.
   */
  readonly clientAuth?: ClientAuth | undefined
  /** Binds each session to a key: `dpop()` (RFC 9449). A session that began without one goes on without. */
  readonly dpop?: Prover | undefined
  /**
   * The scope that is asked for at sign-in, or with client credentials; counts as granted when the server does not say otherwise. It is not sent
   * with renewals: for that, use `additionalParameters.scope`.
   */
  readonly scope?: string | undefined
  /** Where the session is kept: `indexedDbStore()` by default in `evergrant/browser`, `memoryStore()` elsewhere. */
  readonly store?: TokenStore | undefined
  /** Tells several sessions of one client in one store apart; `default` by default. */
  readonly key?: string | undefined
  /** How new tokens are obtained: the refresh token grant by default, `clientCredentials()`, or a function of your own. */
  readonly grant?: Grant | undefined
  /** How long before its end an access token is renewed, in seconds; 60 by default, a quarter of its lifetime at most. */
  readonly renewEarlySeconds?: number | undefined
  /**
   * Whether to read the store and renew in the background; `true` by default. Without it the snapshot stays `starting` until
   * a token is asked for, `start()` is called, or the store tells of a change.
   */
  readonly autoRenew?: boolean | undefined
  /**
   * The origins of the APIs to which `fetch` may send the access token, such as `https://api.example.com`; none by
   * default, not even the page's own.
   */
  readonly allowedOrigins?: readonly string[] | undefined
  /** Further parameters of renewals, such as `redirect_uri`, `audience` or `scope`. */
  readonly additionalParameters?: Readonly<Record<string, string>> | undefined
  /** In place of the global `fetch`. */
  readonly fetch?: typeof fetch | undefined
}

/** What a platform brings along. */
export interface PlatformParts {
  readonly store: TokenStore
  readonly lock?: (environment: Environment) => ManagerParts['lock']
  readonly watchWake?: ManagerParts['watchWake']
  readonly isHidden?: ManagerParts['isHidden']
  /** Whether a failed `fetch` certainly sent nothing. Where the platform does not tell, all counts as sent. */
  readonly isNeverSent?: (error: unknown) => boolean
  /** Is told of all events, with the `key` of their session. */
  readonly onEvent?: (event: PoolEvent) => void
}

/** Joins the parts of a platform and the options of a user into a manager. */
export function joinTokenManager(options: TokenManagerOptions, platform: PlatformParts): TokenManager {
  const { key = 'default' } = options
  assertKey(key)
  return createManager(partsOf(options, platform, key))
}

/** The parts of a manager whose session is called `key`. */
export function partsOf(options: TokenManagerOptions, platform: PlatformParts, key: string): ManagerParts {
  const { clientId, renewEarlySeconds = 60, autoRenew = true, allowedOrigins = [] } = options
  if (typeof clientId !== 'string' || clientId === '') throw misconfigured('clientId must be the id of the client')
  if (!(renewEarlySeconds >= 0)) throw misconfigured('renewEarlySeconds must be a number of seconds, 0 or more')
  const issuer = options.metadata?.issuer ?? options.issuer
  if (issuer === undefined && !options.grant) throw misconfigured('issuer, metadata or grant is missing')
  const { fetch = systemEnvironment.fetch } = options
  // That of a browser is not to be called as a method of something else.
  const environment: Environment = { ...systemEnvironment, fetch: (input, init) => fetch(input, init) }
  const metadata = issuer === undefined ? noServer : metadataSource(options, environment)
  const { onEvent } = platform
  const client = oauthClient({ ...options, metadata, environment, isNeverSent: platform.isNeverSent })
  return {
    ...platform,
    environment,
    client,
    store: options.store ?? platform.store,
    key: `${prefixOf(options)} ${issuer ?? ''} ${encodeURIComponent(clientId)} ${key}`,
    lock: platform.lock?.(environment) ?? noLock,
    grant: options.grant ?? refreshTokenGrant(options.additionalParameters),
    checkIdToken: idTokenCheck(issuer, clientId),
    revoke: revocation(client, environment),
    allowedOrigins: new Set(allowedOrigins.map(originOf)),
    renewEarlySeconds,
    autoRenew,
    onEvent: onEvent && ((event) => onEvent({ ...event, key })),
  }
}

/**
 * What names of sessions in a store begin with. Those that start by themselves, of which one client may have several, have
 * one of their own: whatever key a user is given, it leads to no session of the client itself.
 */
function prefixOf({ grant, scope = '' }: TokenManagerOptions): string {
  if (!grant?.startsSession) return 'evergrant'
  return `evergrant-client ${encodeURIComponent(scope)} ${encodeURIComponent(grant.resource ?? '')}`
}

/** A `grant` of the user's own may ask whom it likes; then there are no endpoints to know. */
const noServer = (): Promise<ServerMetadata> => Promise.resolve({ issuer: '' })

function originOf(allowed: string): string {
  assertSecure('each of allowedOrigins', allowed)
  const { origin, href } = new URL(allowed)
  if (href !== `${origin}/` || origin.includes('*')) {
    throw misconfigured(`allowedOrigins holds whole origins, such as https://api.example.com, and not ${allowed}`)
  }
  return origin
}

function misconfigured(why: string): EvergrantError {
  return new EvergrantError('misconfigured', why)
}
