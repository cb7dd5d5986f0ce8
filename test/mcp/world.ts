import { createServer } from 'node:http'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { createMcpAuth, type McpAuth, type McpAuthOptions } from 'evergrant/mcp'
import { memoryStore, type TokenStore } from 'evergrant'
import {
  createAuthorizationServer,
  nodeListener,
  type AuthorizationServer,
  type AuthorizationServerOptions,
} from 'evergrant/testing'
import { browse as follow } from '../../examples/demo/sign-in.js'
import { listen } from '../support/listen.js'
import { startMcpServer, type RunningMcpServer } from './mcp-server.js'

export const redirectUrl = 'http://127.0.0.1/callback'

type Clients = NonNullable<AuthorizationServerOptions['clients']>

/** An authorization server at which clients may register, an MCP server behind it, and users of both. */
export interface World {
  readonly as: AuthorizationServer
  readonly mcp: RunningMcpServer
  readonly store: TokenStore
  /** All clients that have registered, by id; without one the server does not know it. */
  readonly clients: Record<string, Clients[string]>
  /** The forms of all token requests, oldest first. */
  readonly forms: readonly URLSearchParams[]
  close(): Promise<void>
  /** A process of its own, as far as sessions go. */
  process(options?: Partial<McpAuthOptions>): Process
}

/** A program that uses the MCP server. */
export interface Process {
  readonly auth: McpAuth
  /** Where the user was sent to, each time. */
  readonly redirects: readonly URL[]
  /** Calls the tool of the MCP server over a new connection; resolves to the user that the server sees. */
  call(): Promise<string>
  /** Calls it, and signs in if that is asked for, as the user would. */
  signIn(): Promise<string>
}

/** Starts both servers on free ports of this machine. */
export async function startWorld(options: Omit<AuthorizationServerOptions, 'issuer' | 'clients'> = {}): Promise<World> {
  const clients: World['clients'] = {}
  const forms: URLSearchParams[] = []
  const http = createServer((incoming, outgoing) => nodeListener(handle)(incoming, outgoing))
  const issuer = `http://127.0.0.1:${await listen(http)}`
  const as = createAuthorizationServer({ ...options, issuer, clients })
  const more = { registration_endpoint: `${issuer}/register`, client_id_metadata_document_supported: true }
  let registered = 0
  const register = async (request: Request): Promise<Response> => {
    const metadata = (await request.json()) as Record<string, unknown>
    const client_id = `client-${++registered}`
    clients[client_id] = {}
    return Response.json({ ...metadata, client_id }, { status: 201 })
  }
  const handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname === '/register') return register(request)
    if (pathname === '/token') forms.push(new URLSearchParams(await request.clone().text()))
    const response = await as.handle(request)
    if (!pathname.startsWith('/.well-known/')) return response
    return Response.json({ ...(await response.json()), ...more })
  }
  const mcp = await startMcpServer(issuer, (token) => {
    const facts = token === undefined ? undefined : as.inspect(token)
    if (facts?.isUsable) return { subject: facts.subject }
    return { status: 401, ...(facts && { error: 'invalid_token' }) }
  })
  const store = memoryStore()
  const auths: McpAuth[] = []
  const start = (options: Partial<McpAuthOptions> = {}): Process => {
    const process = startProcess(mcp.url, { store, clientMetadata: { scope: 'offline_access' }, ...options })
    auths.push(process.auth)
    return process
  }
  const close = async (): Promise<void> => {
    await Promise.all(auths.map((auth) => auth[Symbol.asyncDispose]()))
    for (const server of [mcp, http]) server.close()
    http.closeAllConnections()
  }
  return { as, mcp, store, clients, forms, close, process: start }
}

/** Starts a program that keeps its session in a store. */
export function startProcess(serverUrl: URL, options: Partial<McpAuthOptions>): Process {
  const redirects: URL[] = []
  const auth = createMcpAuth({
    serverUrl,
    redirectUrl,
    redirectToAuthorization: (url) => void redirects.push(url),
    ...options,
  })
  const call = (): Promise<string> => callTool(new StreamableHTTPClientTransport(serverUrl, auth))
  return {
    auth,
    redirects,
    call,
    async signIn() {
      try {
        return await call()
      } catch (error) {
        if (!(error instanceof UnauthorizedError)) throw error
        await finishSignIn(serverUrl, auth, await browse(redirects.at(-1)))
        return call()
      }
    },
  }
}

/** What a program does at the callback. */
export async function finishSignIn(serverUrl: URL, auth: McpAuth, callback: URL): Promise<void> {
  const code = await auth.authorizationCode(callback)
  await new StreamableHTTPClientTransport(serverUrl, auth).finishAuth(code)
}

async function callTool(transport: StreamableHTTPClientTransport): Promise<string> {
  const client = new Client({ name: 'test', version: '1.0.0' })
  try {
    await client.connect(transport as Parameters<Client['connect']>[0])
    const { content } = await client.callTool({ name: 'whoami' })
    return (content as { text: string }[])[0]?.text ?? ''
  } finally {
    await client.close()
  }
}

/** Goes where the user of a client is sent, until that is back to the client. */
export function browse(start: URL | undefined): Promise<URL> {
  return follow(String(start), redirectUrl)
}
