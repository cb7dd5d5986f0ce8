import type { Configuration } from 'oidc-provider'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileStore } from 'evergrant/node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startAuthorizationServer, type AuthorizationServer } from '../../examples/demo/authorization-server.js'
import { startMcpServer, type RunningMcpServer, type Verdict } from './mcp-server.js'
import { startProcess, type Process } from './world.js'

/** The provider counts in whole seconds, and ends a token up to a second before its `expires_in` is over. */
const accessTokenSeconds = 5
const lifetimes = 2
const longestMs = 15_000
const scope = 'openid offline_access tools'

let as: AuthorizationServer
let mcp: RunningMcpServer
let folder: string
const processes: Process[] = []

/** Clients may register, and tokens are for one resource (RFC 8707), which they name as a JWT. */
const configuration: Configuration = {
  scopes: scope.split(' '),
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, resource) => ({
        audience: resource,
        scope: 'tools',
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  async loadExistingGrant({ oidc: { account, client, params, provider } }) {
    const grant = new provider.Grant({ accountId: String(account?.accountId), clientId: String(client?.clientId) })
    grant.addOIDCScope(scope)
    grant.addResourceScope(String(params?.resource), 'tools')
    await grant.save()
    return grant
  },
}

/** Takes the tokens that are for this server. */
function judge(token: string | undefined): Verdict {
  const claims = JSON.parse(atob(token?.split('.')[1] ?? btoa('{}'))) as { aud?: string; exp?: number; sub?: string }
  const isGood = claims.aud === mcp.url.href && Number(claims.exp) * 1000 > Date.now()
  return isGood ? { subject: String(claims.sub) } : { status: 401, ...(token && { error: 'invalid_token' }) }
}

function start(): Process {
  const process = startProcess(mcp.url, {
    store: fileStore(join(folder, 'session.json')),
    clientMetadata: { client_name: 'test', scope },
    autoRenew: false,
  })
  processes.push(process)
  return process
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-mcp-'))
  as = await startAuthorizationServer({ clients: [], accessTokenSeconds, graceSeconds: 0, configuration })
  mcp = await startMcpServer(as.issuer, judge)
})

afterEach(async () => {
  await Promise.all(processes.splice(0).map(({ auth }) => auth[Symbol.asyncDispose]()))
  mcp.close()
  await as.close()
  await rm(folder, { recursive: true, force: true })
})

const renewals = (): string[] =>
  as.tokenRequests
    .filter(({ grantType }) => grantType === 'refresh_token')
    .map(({ error, outcome }) => error ?? outcome)

test('a session with a server behind oidc-provider outlives its tokens in four processes, after one sign-in', async () => {
  const four = [start(), start(), start(), start()]
  expect(await four[0]?.signIn()).toBe('alice')
  const giveUpAt = Date.now() + longestMs
  const keepCalling = async (process: Process): Promise<void> => {
    while (renewals().length < lifetimes && Date.now() < giveUpAt) {
      expect(await process.call()).toBe('alice')
      await sleep(20)
    }
  }
  await Promise.all(four.map(keepCalling))
  expect(renewals()).toEqual(Array(lifetimes).fill('issued'))
  expect(four.map(({ redirects }) => redirects.length)).toEqual([1, 0, 0, 0])
})

test('a restarted process goes on as the client that has registered', async () => {
  await start().signIn()
  const client = await start().auth.authProvider.clientInformation()
  expect(await start().call()).toBe('alice')
  expect(client).toMatchObject({ client_name: 'test', issuer: expect.stringContaining(as.issuer) })
})
