/** Metadata of an authorization server (RFC 8414 section 2, OpenID Connect Discovery section 3). */
export interface ServerMetadata {
  readonly issuer: string
  readonly token_endpoint?: string | undefined
  readonly authorization_endpoint?: string | undefined
  /** Whether the server sends `iss` along with a code (RFC 9207). */
  readonly authorization_response_iss_parameter_supported?: boolean | undefined
  readonly pushed_authorization_request_endpoint?: string | undefined
  /** Whether the server takes no other than pushed authorization requests (RFC 9126 section 5). */
  readonly require_pushed_authorization_requests?: boolean | undefined
  /** Where a device asks for a code that its user enters elsewhere (RFC 8628 section 4). */
  readonly device_authorization_endpoint?: string | undefined
  readonly revocation_endpoint?: string | undefined
  readonly end_session_endpoint?: string | undefined
  readonly [member: string]: unknown
}

/** An endpoint that takes forms from authenticated clients, by its name in the metadata. */
export type FormEndpoint =
  'token_endpoint' | 'pushed_authorization_request_endpoint' | 'device_authorization_endpoint' | 'revocation_endpoint'

/** The parameters of a request; one with several values is sent several times. */
export type Form = Readonly<Record<string, string | readonly string[]>>

/** A client of an authorization server: what a flow needs to start or end a session. */
export interface OAuthClient {
  readonly clientId: string
  /** The scope that is asked for at sign-in. */
  readonly scope: string | undefined

  /**
   * Where the endpoints of the server are. Asks the server when that is not known.
   *
   * @throws EvergrantError `unavailable` or `misconfigured`
   */
  metadata(): Promise<ServerMetadata>

  /**
   * Posts a form to the server, and authenticates the client. Resolves to whatever the server answers.
   *
   * @param onSending is called right before the request leaves, and may throw to prevent it; it returns what is to be
   *   called when it turns out that nothing was sent
   * @throws EvergrantError `unavailable` when no answer came, `misconfigured` when the endpoint is unknown or not secure
   */
  post(endpoint: FormEndpoint, form: Form, onSending?: () => () => void): Promise<Response>
}
