import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from '../support/listen.js'

/** What an MCP server says to a request: it is for this user, or it is refused, with a challenge. */
export type Verdict =
  { readonly subject: string } | { readonly status: 401 | 403; readonly error?: string; readonly scope?: string }

/** Judges the access token of a request. */
export type Judge = (token: string | undefined) => Verdict | Promise<Verdict>

/** A running MCP server with the one tool `whoami`. */
export interface RunningMcpServer {
  readonly url: URL
  /** May be changed while it runs. */
  judge: Judge
  /** The tokens of all requests that were refused. */
  readonly refused: (string | undefined)[]
  close(): void
}

/** Starts an MCP server of the SDK behind bearer tokens of `issuer`, on a free port of this machine. */
export async function startMcpServer(issuer: string, judge: Judge): Promise<RunningMcpServer> {
  const refused: (string | undefined)[] = []
  const http = createServer((request, response) => void answer(request, response))
  const origin = `http://127.0.0.1:${await listen(http)}`
  const resource = `${origin}/mcp`
  const metadataUrl = `${origin}/.well-known/oauth-protected-resource/mcp`
  const running: RunningMcpServer = {
    url: new URL(resource),
    judge,
    refused,
    close() {
      http.closeAllConnections()
      http.close()
    },
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === new URL(metadataUrl).pathname) {
      response.setHeader('content-type', 'application/json')
      return void response.end(JSON.stringify({ resource, authorization_servers: [issuer] }))
    }
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    const verdict = await running.judge(token)
    if ('subject' in verdict) return serve(request, response, verdict.subject)
    refused.push(token)
    const { status, ...parameters } = verdict
    const challenge = Object.entries({ ...parameters, resource_metadata: metadataUrl })
    const header = `Bearer ${challenge.map(([name, value]) => `${name}="${value}"`).join(', ')}`
    response.writeHead(status, { 'www-authenticate': header }).end()
  }
  return running
}

/** Serves one request by a server of its own, which remembers nothing. */
async function serve(request: IncomingMessage, response: ServerResponse, subject: string): Promise<void> {
  const server = new McpServer({ name: 'test', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Tells who calls.' }, () => ({
    content: [{ type: 'text', text: subject }],
  }))
  const transport = new StreamableHTTPServerTransport({})
  response.on('close', () => void server.close())
  await server.connect(transport as Parameters<McpServer['connect']>[0])
  await transport.handleRequest(request, response)
}
