import { AuthProvider, type AuthProviderOptions } from './auth-provider.js'
import { authorizedFetch, type McpFetch } from './authorized-fetch.js'
import type { McpAuthProvider } from './sdk.js'
import { McpSession } from './session.js'

/** How to keep the session with an MCP server. */
export interface McpAuthOptions extends AuthProviderOptions {
  /** The URL of the MCP server, the same that the transport is given. */
  readonly serverUrl: string | URL
}

/** Keeps the session with an MCP server. What transports of the MCP SDK take as their options. */
export interface McpAuth {
  readonly authProvider: McpAuthProvider
  /** Renews the access token when the MCP server refuses it. Without it the SDK would ask the user to sign in. */
  readonly fetch: McpFetch

  /**
   * Gives the code for `transport.finishAuth()`, after it has made sure that the server answers a sign-in that is under
   * way here or in another process with the same store.
   *
   * @param callback the address to which the user came back, or its path and query
   * @throws EvergrantError when the server refused: `denied`, `login_required`, `unavailable` or `misconfigured`, with its
   *   `error` and `errorDescription`; `misconfigured` when this is not the answer that was asked for
   */
  authorizationCode(callback: string | URL): Promise<string>

  /**
   * Signs out, in all processes, and revokes the tokens: see `signOut()` of a token manager. A client that the SDK has
   * registered is given up, too: the next sign-in registers another.
   *
   * @throws EvergrantError `storage_failed`
   */
  signOut(): Promise<void>

  /** Ends timers and waiting calls. The session stays in the store. `await using` waits for a renewal under way. */
  dispose(): void
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Keeps the session with an MCP server alive, for the transports of `@modelcontextprotocol/sdk`. All that share a store, a
 * `serverUrl` and a `key` share one session, in any number of processes: one of them renews, and nobody else is disturbed.
 *
 * @example
 * const auth = createMcpAuth({ serverUrl, store: fileStore('mcp.json'), redirectUrl, redirectToAuthorization: open })
 * const transport = new StreamableHTTPClientTransport(serverUrl, auth)
 */
export function createMcpAuth(options: McpAuthOptions): McpAuth {
  const serverUrl = new URL(options.serverUrl).href
  const session = new McpSession(serverUrl, options)
  const authProvider = new AuthProvider(options, session)
  return {
    authProvider,
    fetch: authorizedFetch(serverUrl, session, options.fetch),
    authorizationCode: (callback) => authProvider.authorizationCode(callback),
    signOut: () => authProvider.signOut(),
    dispose: () => session.dispose(),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}
