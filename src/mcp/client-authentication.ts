import { clientSecretBasic, type ClientAuth } from '../oauth/client-authentication.js'
import type { McpClientInformation } from './sdk.js'

/**
 * Authenticates a client in the way it is registered for, otherwise in that which the server prefers. The secret is one
 * that the server has made for this installation, so it may be in a page; it is sent as it is, as MCP clients do.
 */
export function clientAuthOf(client: McpClientInformation): ClientAuth {
  const { client_id, client_secret: secret, token_endpoint_auth_method: method } = client
  return (server, known, body, headers) => {
    // RFC 8414 section 2: what a server does not say is Basic.
    const supported = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const isPost = method ? method === 'client_secret_post' : !supported.includes('client_secret_basic')
    if (secret !== undefined && method !== 'none' && !isPost) {
      const basic = clientSecretBasic(secret, { encoding: 'raw', dangerouslyAllowInPage: true })
      return basic(server, known, body, headers)
    }
    body.set('client_id', client_id)
    if (secret !== undefined && method !== 'none') body.set('client_secret', secret)
  }
}
