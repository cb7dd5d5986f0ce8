import { EvergrantError } from '../core/errors.js'
import { newState } from '../flows/pending.js'
import { readCode } from '../oauth/authorization-code.js'
import type { ClientAuth } from '../oauth/client-authentication.js'
import { codeChallenge } from '../oauth/pkce.js'
import type { McpAuthProvider, McpClientInformation, McpClientMetadata, McpDiscoveryState, McpTokens } from './sdk.js'
import type { McpSession, McpSessionOptions } from './session.js'
import type { SignIn } from './sign-ins.js'

/** How the user signs in, and as which client. */
export interface AuthProviderOptions extends McpSessionOptions {
  /** Where the authorization server sends the user back to. */
  readonly redirectUrl: string | URL
  /** Sends the user to the authorization server, such as by opening a browser. */
  redirectToAuthorization(url: URL): void | Promise<void>
  /** What to register the client with, such as its `client_name` and `scope`. */
  readonly clientMetadata?: Partial<McpClientMetadata> | undefined
  /** Where the metadata of the client are published, for servers that fetch them instead of registering it. */
  readonly clientMetadataUrl?: string | undefined
}

/**
 * Lets the SDK sign users in, and keeps from it how sessions go on. Several sign-ins may be under way at once, as after
 * calls that were refused together; the address that the user is sent to tells what belongs to which.
 */
export class AuthProvider implements McpAuthProvider {
  readonly redirectUrl: string
  readonly clientMetadata: McpClientMetadata
  declare readonly clientMetadataUrl?: string
  declare readonly saveClientInformation?: (client: McpClientInformation) => void
  /** By their ids. */
  readonly #clients = new Map<string | null, McpClientInformation>()
  /** Code verifiers by their challenges. */
  readonly #verifiers = new Map<string | null, string>()
  #discovery: McpDiscoveryState | undefined
  /** The one that a code is waited for: begun last, or chosen by its callback. */
  #signIn: SignIn | undefined

  constructor(
    private readonly options: AuthProviderOptions,
    private readonly session: McpSession,
  ) {
    const { clientMetadata, clientMetadataUrl, clientInformation } = options
    this.redirectUrl = String(options.redirectUrl)
    this.clientMetadata = {
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      ...clientMetadata,
    }
    if (clientMetadataUrl !== undefined) this.clientMetadataUrl = clientMetadataUrl
    // That it is there tells the SDK that clients may be registered.
    if (!clientInformation) {
      this.saveClientInformation = (client) => void this.#clients.set(client.client_id, client)
    }
  }

  async tokens(): Promise<McpTokens | undefined> {
    const tokens = await this.session.getTokens()
    return tokens && { access_token: tokens.accessToken, token_type: tokens.tokenType, scope: tokens.scope }
  }

  async clientInformation(): Promise<McpClientInformation | undefined> {
    const client = this.options.clientInformation ?? (await this.#registered())
    if (client) this.#clients.set(client.client_id, client)
    return client
  }

  saveDiscoveryState(discovery: McpDiscoveryState): void {
    this.#discovery = discovery
  }

  discoveryState(): McpDiscoveryState | undefined {
    return this.#signIn?.discovery
  }

  state(): string {
    return newState()
  }

  async saveCodeVerifier(verifier: string): Promise<void> {
    this.#verifiers.set(await codeChallenge(verifier), verifier)
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    this.#signIn = this.#signInBehind(url)
    await this.session.signIns.begin(this.#signIn)
    await this.options.redirectToAuthorization(url)
  }

  /**
   * The code that the authorization server has sent the user back with.
   *
   * @param callback the address to which the user was sent, or its path
   * @throws EvergrantError with the `error` and `errorDescription` of the server when it has refused; `misconfigured` when
   *   this answers no sign-in that is under way
   */
  async authorizationCode(callback: string | URL): Promise<string> {
    const answer = new URL(callback, this.redirectUrl).searchParams
    const signIn = await this.session.signIns.find(answer.get('state'))
    if (!signIn) throw new EvergrantError('misconfigured', 'this answers no sign-in that is under way')
    const { authorizationServerUrl: issuer, authorizationServerMetadata: server = { issuer } } = signIn.discovery
    const code = readCode(answer, server)
    this.#signIn = signIn
    return code
  }

  codeVerifier(): string {
    return this.#current().verifier
  }

  /** Needs no `this`. */
  readonly addClientAuthentication: McpAuthProvider['addClientAuthentication'] = async (
    headers,
    body,
    _url,
    server,
  ) => {
    const { client } = this.#current()
    const clientAuth = this.session.clientAuth(client)
    await clientAuth((server ?? {}) as Parameters<ClientAuth>[0], { client_id: client.client_id }, body, headers)
  }

  async saveTokens({ access_token, token_type, expires_in, refresh_token, scope }: McpTokens): Promise<void> {
    await this.session.start(this.#current(), { access_token, token_type, expires_in, refresh_token, scope })
    this.#signIn = undefined
  }

  /** The session is not the SDK's to end: when this is called, another process may have renewed it already. */
  invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): void {
    if (scope === 'tokens') return
    if (scope === 'all' || scope === 'client') this.session.forgottenClientId = this.#signIn?.client.client_id
    this.#signIn = undefined
  }

  /** The client of the sign-in under way, or that of the session unless the server has forgotten it. */
  async #registered(): Promise<McpClientInformation | undefined> {
    if (this.#signIn) return this.#signIn.client
    const client = (await this.session.signIns.registration())?.client
    return client?.client_id === this.session.forgottenClientId ? undefined : client
  }

  /** Puts together what has to be known when the user comes back. */
  #signInBehind({ searchParams }: URL): SignIn {
    const client = this.#clients.get(searchParams.get('client_id'))
    const verifier = this.#verifiers.get(searchParams.get('code_challenge'))
    const state = searchParams.get('state')
    const discovery = this.#signIn?.discovery ?? this.#discovery
    if (client && verifier && state && discovery) return { client, verifier, state, discovery }
    throw new EvergrantError('unsupported', 'evergrant/mcp needs @modelcontextprotocol/sdk 1.27 or later')
  }

  #current(): SignIn {
    if (this.#signIn) return this.#signIn
    throw new EvergrantError('misconfigured', 'no sign-in is under way: give the callback to authorizationCode() first')
  }
}
