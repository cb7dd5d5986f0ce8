// What is used of the types of `@modelcontextprotocol/sdk`, by their shape: no version of it has to be installed.

/** A client as the authorization server knows it (RFC 7591 section 3.2.1). */
export interface McpClientInformation {
  client_id: string
  client_secret?: string | undefined
  token_endpoint_auth_method?: string | undefined
  /** The authorization server that knows it; the SDK adds it. */
  issuer?: string | undefined
}

/** What a client tells of itself when it registers (RFC 7591 section 2). */
export interface McpClientMetadata {
  redirect_uris: string[]
  token_endpoint_auth_method?: string | undefined
  grant_types?: string[] | undefined
  response_types?: string[] | undefined
  client_name?: string | undefined
  client_uri?: string | undefined
  logo_uri?: string | undefined
  scope?: string | undefined
  contacts?: string[] | undefined
  tos_uri?: string | undefined
  policy_uri?: string | undefined
  software_id?: string | undefined
  software_version?: string | undefined
  software_statement?: string | undefined
}

/** Where the SDK has found the authorization server of an MCP server (RFC 9728, RFC 8414). */
export interface McpDiscoveryState {
  authorizationServerUrl: string
  /** Absent for a server that publishes none. */
  authorizationServerMetadata?: McpServerMetadata
  resourceMetadata?: { resource: string }
  resourceMetadataUrl?: string
}

/** Metadata of an authorization server; a type with which others that know more members agree. */
export type McpServerMetadata = {
  issuer: string
  authorization_endpoint: string
  token_endpoint: string
  response_types_supported: string[]
}

/** A token response. */
export interface McpTokens {
  access_token: string
  token_type: string
  expires_in?: number | undefined
  refresh_token?: string | undefined
  scope?: string | undefined
}

/** The `OAuthClientProvider` of the SDK, as far as it is implemented here. */
export interface McpAuthProvider {
  readonly redirectUrl: string
  readonly clientMetadata: McpClientMetadata
  readonly clientMetadataUrl?: string
  state(): string
  clientInformation(): Promise<McpClientInformation | undefined>
  saveClientInformation?(client: McpClientInformation): void
  /** The access token, which is renewed when it has to; never the refresh token, which the SDK would spend on its own. */
  tokens(): Promise<McpTokens | undefined>
  saveTokens(tokens: McpTokens): Promise<void>
  redirectToAuthorization(url: URL): Promise<void>
  saveCodeVerifier(verifier: string): Promise<void>
  codeVerifier(): string
  addClientAuthentication(headers: Headers, body: URLSearchParams, url: string | URL, server?: object): Promise<void>
  invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): Promise<void>
  saveDiscoveryState(state: McpDiscoveryState): void
  discoveryState(): McpDiscoveryState | undefined
}
