export { createMcpAuth, type McpAuth, type McpAuthOptions } from './mcp/mcp-auth.js'
export type {
  McpAuthProvider,
  McpClientInformation,
  McpClientMetadata,
  McpDiscoveryState,
  McpServerMetadata,
  McpTokens,
} from './mcp/sdk.js'
