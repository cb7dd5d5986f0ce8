import { systemEnvironment } from '../core/environment.js'
import { EvergrantError, isEvergrantError } from '../core/errors.js'
import type { Grant } from '../core/grant.js'
import { Session } from '../core/session.js'
import type { TokenStore } from '../core/store.js'
import { sessionName, type AccessTokenOptions, type TokenManager, type Tokens } from '../core/token-manager.js'
import type { TokenResponse } from '../core/token-response.js'
import { joinTokenManager, type TokenManagerOptions } from '../create-token-manager.js'
import type { ClientAuth } from '../oauth/client-authentication.js'
import { isNeverSent } from '../oauth/never-sent.js'
import { refreshTokenGrant } from '../oauth/refresh-token.js'
import { memoryStore } from '../stores/memory.js'
import { clientAuthOf } from './client-authentication.js'
import type { McpClientInformation } from './sdk.js'
import { registrationOf, SignIns, type Registration, type SignIn } from './sign-ins.js'

/** How a session is kept: see the options of token managers. */
export interface McpSessionOptions extends Pick<
  TokenManagerOptions,
  'store' | 'key' | 'clientAuth' | 'renewEarlySeconds' | 'autoRenew' | 'fetch'
> {
  /** The client, where it was registered by hand; without it the SDK registers one (RFC 7591). */
  readonly clientInformation?: McpClientInformation | undefined
}

interface Opened {
  readonly registration: Registration
  readonly manager: TokenManager
}

/**
 * The session with one MCP server. Which client of which authorization server it belongs to is not known before the first
 * sign-in, and may change with each, in any process: so its manager is made when it is needed.
 */
export class McpSession {
  readonly signIns: SignIns
  /** Of the tokens that were given last. */
  sessionId: string | undefined
  /** A client that the server has forgotten. */
  forgottenClientId: string | undefined
  readonly #key: string
  readonly #store: TokenStore
  #opened: Opened | undefined
  #isOver = false

  /** @param serverUrl names the session, besides `key` */
  constructor(
    serverUrl: string,
    private readonly options: McpSessionOptions,
  ) {
    this.#key = `mcp ${serverUrl} ${options.key ?? 'default'}`
    this.#store = options.store ?? memoryStore()
    this.signIns = new SignIns(this.#store, `evergrant ${this.#key}`)
  }

  /**
   * The tokens of who is signed in, or `undefined` when nobody is. They are renewed when they have to be, as by a manager.
   *
   * @throws EvergrantError as `getTokens()` of a manager does, but not when the user has to sign in
   */
  async getTokens(options?: AccessTokenOptions): Promise<Tokens | undefined> {
    if (!this.#opened) await this.#look()
    const opened = this.#opened
    if (!opened && this.#isOver) throw new EvergrantError('aborted', 'the session with the MCP server was disposed of')
    try {
      const tokens = await opened?.manager.getTokens(options)
      this.sessionId = tokens?.sessionId
      return tokens
    } catch (error) {
      // Somebody may have signed in as another client.
      await this.#look().catch(() => undefined)
      if (this.#opened !== opened) return this.getTokens(options)
      if (isEvergrantError(error) && (error.loginRequired || this.#isForgotten(error))) return undefined
      throw error
    }
  }

  /** Starts a session with what a sign-in has brought, in place of the one there is. */
  async start(signIn: SignIn, response: TokenResponse): Promise<void> {
    const opened = this.#open(registrationOf(signIn))
    try {
      await this.#discardSealed(opened.manager)
      await opened.manager.setTokens(response)
    } catch (error) {
      opened.manager.dispose()
      throw error
    }
    this.#use(opened)
    const previous = await this.signIns.finish(signIn)
    if (previous && clientOf(previous) !== clientOf(signIn)) await this.#leave(previous)
  }

  /** Ends the session. Who signs in next does so as another client: nothing else helps when the server has forgotten this one. */
  async signOut(): Promise<void> {
    await this.#look().finally(() => this.#opened?.manager.signOut())
    await this.signIns.discardSealed()
    await this.signIns.giveUp()
  }

  dispose(): void {
    this.#isOver = true
    this.#opened?.manager.dispose()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    const handedOver = this.signIns.handOver()
    handedOver.catch(() => undefined)
    await this.#opened?.manager[Symbol.asyncDispose]()
    await handedOver
  }

  /** How a client proves who it is. */
  clientAuth(client: McpClientInformation): ClientAuth {
    return this.options.clientAuth ?? clientAuthOf(client)
  }

  /** Servers lose clients that registered by themselves; what helps is to register again. The session is kept until then. */
  #isForgotten({ error }: EvergrantError): boolean {
    if (this.options.clientInformation || (error !== 'invalid_client' && error !== 'unauthorized_client')) return false
    this.forgottenClientId = this.#opened?.registration.client.client_id
    return true
  }

  /** Follows what the store says of the client. */
  async #look(): Promise<void> {
    const registration = await this.signIns.registration()
    if (!registration || isSame(registration, this.#opened?.registration)) return
    this.#use(this.#open(registration))
  }

  #use(opened: Opened): void {
    this.#opened?.manager.dispose()
    this.#opened = opened
    if (this.#isOver) opened.manager.dispose()
  }

  #open(registration: Registration): Opened {
    const { client, discovery, resource = discovery.resourceMetadata?.resource } = registration
    const { renewEarlySeconds, autoRenew, fetch } = this.options
    const manager = joinTokenManager(
      {
        metadata: metadataOf(discovery),
        clientId: client.client_id,
        clientAuth: this.clientAuth(client),
        grant: grantFor(resource),
        store: this.#store,
        key: this.#key,
        renewEarlySeconds,
        autoRenew,
        fetch,
      },
      { isNeverSent, store: this.#store },
    )
    return { registration, manager }
  }

  /** A sign-out that could not read which client the session belongs to has left the session itself, which no key opens. */
  async #discardSealed(manager: TokenManager): Promise<void> {
    const session = new Session(manager[sessionName], this.#store, systemEnvironment, () => undefined)
    try {
      await session.read()
      if (session.record?.state === 'sealed' && !(await this.signIns.registration())) await manager.signOut()
    } catch {
      // The sign-in is kept in memory while the store fails.
    }
  }

  /** Ends the session of another client, which nobody would ever ask for again. */
  async #leave(registration: Registration): Promise<void> {
    const { manager } = this.#open(registration)
    // What is left there when this fails does no harm.
    await manager.signOut().catch(() => undefined)
    manager.dispose()
  }
}

/** The endpoints that the SDK assumes where a server publishes no metadata. */
function metadataOf({ authorizationServerUrl, authorizationServerMetadata }: Registration['discovery']) {
  const token_endpoint = new URL('/token', authorizationServerUrl).href
  return authorizationServerMetadata ?? { issuer: authorizationServerUrl, token_endpoint }
}

/**
 * Renews for one resource (RFC 8707), as MCP demands. ID tokens are left out: MCP has no use for them, and servers that pass
 * on the answers of others send such as speak of those.
 */
function grantFor(resource: string | undefined): Grant {
  const grant = refreshTokenGrant(resource === undefined ? {} : { resource })
  return async (context) => {
    const granted = await grant(context)
    return { ...granted, response: { ...granted.response, id_token: undefined } }
  }
}

/** Names a client: sessions of the same one take each other's place by themselves. */
function clientOf({ client, discovery }: Registration): string {
  return `${metadataOf(discovery).issuer} ${client.client_id}`
}

function isSame(a: Registration, b: Registration | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
