import type { ProofKey, Prover } from './proof.js'

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
  /** Where the server tells what a token is worth (RFC 7662). */
  readonly introspection_endpoint?: string | undefined
  readonly end_session_endpoint?: string | undefined
  /** The endpoints for clients that authenticate by the certificate of their connection (RFC 8705 section 5). */
  readonly mtls_endpoint_aliases?: Readonly<Partial<Record<FormEndpoint, string>>> | undefined
  readonly [member: string]: unknown
}

/** An endpoint that takes forms from authenticated clients, by its name in the metadata. */
export type FormEndpoint =
  | 'token_endpoint'
  | 'pushed_authorization_request_endpoint'
  | 'device_authorization_endpoint'
  | 'introspection_endpoint'
  | 'revocation_endpoint'

/** The parameters of a request; one with several values is sent several times, and one without a value is not sent. */
export type Form = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Says in the words of the standard what a server has answered in its own. What it returns is laid over the answer: members
 * that it leaves out stay as the server sent them, and `null` takes one away. It must be pure, and must not change what it
 * has changed already.
 *
 * @param answer the JSON object that the server sent
 * @param status HTTP status of the answer
 */
export type MapAnswer = (
  answer: Readonly<Record<string, unknown>>,
  status: number,
) => Readonly<Record<string, unknown>> | undefined

/** How the token endpoint of a server is understood where it departs from the standard; the presets hold some of these. */
export interface AnswerMapping {
  /**
   * For every answer with a status of success (2xx), as a token response (RFC 6749 section 5.1). When it throws, the answer
   * counts as it came, so that no token is lost, and an `error` event of code `misconfigured` says so.
   */
  readonly mapResponse?: MapAnswer | undefined
  /**
   * For every answer without tokens, whatever its status, as a refusal (RFC 6749 section 5.2): its `error` decides. With
   * `invalid_grant` the session ends, so say that only of what certainly is one. Status 408, 425, 429 and 5xx stay
   * temporary whatever it says; for others, `temporarily_unavailable` says so, and `interval` for how many seconds. When it
   * throws, nothing ends, and the error is of code `misconfigured`. A client whose secret or key may change finds out by it at
   * every endpoint, not this one alone, whether it was refused (`invalid_client`).
   */
  readonly mapError?: MapAnswer | undefined
}

/** A client of an authorization server: what a flow needs to start or end a session. */
export interface OAuthClient extends AnswerMapping {
  readonly clientId: string
  /** The scope that is asked for at sign-in. */
  readonly scope: string | undefined

  /** Binds sessions to keys, where that is wanted. */
  readonly prover: Prover | undefined

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
   * @param proofKey the key that the answer is to be bound to
   * @throws EvergrantError `unavailable` when no answer came, `misconfigured` when the endpoint is unknown or not secure
   */
  post(endpoint: FormEndpoint, form: Form, onSending?: () => () => void, proofKey?: ProofKey): Promise<Response>
}
