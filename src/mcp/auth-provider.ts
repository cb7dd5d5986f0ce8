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
  /** The sign-in that was begun last. */
  #begun: SignIn | undefined
  /** The sign-in whose callback has come. */
  #answered: SignIn | undefined

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
    return (this.#answered ?? this.#begun)?.discovery
  }

  state(): string {
    return newState()
  }

  async saveCodeVerifier(verifier: string): Promise<void> {
    this.#verifiers.set(await codeChallenge(verifier), verifier)
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    const signIn = this.#signInBehind(url)
    this.#begun = signIn
    this.#answered = undefined
    await this.session.signIns.begin(signIn)
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
    this.#answered = signIn
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
    this.#abandonSignIn()
  }

  /**
   * The session is not the SDK's to end: when this is called, another process may have renewed it already. A client is given
   * up for all processes; the SDK asks for that when a code was refused because of it.
   */
  async invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): Promise<void> {
    if (scope === 'tokens') return
    const refused = this.#answered?.client.client_id
    this.#abandonSignIn()
    if (scope === 'all' || scope === 'client') await this.session.signIns.giveUp(refused)
  }

  async signOut(): Promise<void> {
    this.#abandonSignIn()
    await this.session.signOut()
  }

  #abandonSignIn(): void {
    this.#begun = this.#answered = undefined
  }

  /** The client of the sign-in under way or else of the session, unless it is one as which nobody can sign in again. */
  async #registered(): Promise<McpClientInformation | undefined> {
    // Its code is there already.
    if (this.#answered) return this.#answered.client
    const { signIns, forgottenClientId } = this.session
    const clients = [this.#begun?.client, (await signIns.registration())?.client]
    const useless = [forgottenClientId, await signIns.givenUp()]
    return clients.find((client) => client && !useless.includes(client.client_id))
  }

  /** Puts together what has to be known when the user comes back. */
  #signInBehind({ searchParams }: URL): SignIn {
    const client = this.#clients.get(searchParams.get('client_id'))
    const verifier = this.#verifiers.get(searchParams.get('code_challenge'))
    const state = searchParams.get('state')
    const discovery = this.discoveryState() ?? this.#discovery
    const resource = searchParams.get('resource') ?? undefined
    if (client && verifier && state && discovery) return { client, verifier, state, discovery, resource }
    throw new EvergrantError('unsupported', 'evergrant/mcp needs @modelcontextprotocol/sdk 1.27 or later')
  }

  #current(): SignIn {
    const signIn = this.#answered ?? this.#begun
    if (signIn) return signIn
    throw new EvergrantError('misconfigured', 'no sign-in is under way: give the callback to authorizationCode() first')
  }
}
