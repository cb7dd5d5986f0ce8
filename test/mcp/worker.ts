import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { createMcpAuth } from '../../src/mcp.js'
import { fileStore } from '../../src/node.js'

/** What a worker is told when it is started. */
export interface WorkerTask {
  readonly serverUrl: string
  readonly path: string
}

/** What it tells when it ends. */
export interface WorkerReport {
  readonly calls: number
  /** How often the user was asked to sign in. */
  readonly redirects: number
  readonly failures: readonly string[]
}

const longestPauseMs = 50

/** One of many processes with one session: it calls the tool of an MCP server all the time, until it is told to stop. */
async function work({ serverUrl, path }: WorkerTask): Promise<WorkerReport> {
  let isOver = false
  process.on('message', () => (isOver = true))
  // Nobody is left to report to.
  process.on('disconnect', () => process.exit())
  let [calls, redirects] = [0, 0]
  const failures: string[] = []
  await using auth = createMcpAuth({
    serverUrl,
    store: fileStore(path),
    redirectUrl: 'http://127.0.0.1/callback',
    redirectToAuthorization: () => void redirects++,
    autoRenew: false,
  })
  const client = new Client({ name: 'worker', version: '1.0.0' })
  const transport = new StreamableHTTPClientTransport(new URL(serverUrl), auth)
  await client.connect(transport as Parameters<Client['connect']>[0])
  while (!isOver) {
    await client.callTool({ name: 'whoami' }).then(
      () => calls++,
      (error: unknown) => failures.push(String(error)),
    )
    await new Promise((resolve) => setTimeout(resolve, Math.random() * longestPauseMs))
  }
  await client.close()
  return { calls, redirects, failures }
}

process.send?.(await work(JSON.parse(process.argv[2] ?? '') as WorkerTask))
process.disconnect()
