export type { AuthProviderOptions } from './mcp/auth-provider.js'
export type { McpFetch } from './mcp/authorized-fetch.js'
export { createMcpAuth, type McpAuth, type McpAuthOptions } from './mcp/mcp-auth.js'
export type {
  McpAuthProvider,
  McpClientInformation,
  McpClientMetadata,
  McpDiscoveryState,
  McpServerMetadata,
  McpTokens,
} from './mcp/sdk.js'
export type { McpSessionOptions } from './mcp/session.js'
