import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TokenStore } from 'evergrant'
import { commonFaults } from 'evergrant/testing'
import type { LiveRecord } from '../../src/core/record.js'
import { startMcpServer } from './mcp-server.js'
import { browse, startWorld, type Process, type World } from './world.js'

const accessTokenSeconds = 3600
const noSession = { name: 'Error', message: 'Unauthorized' }

let world: World
let process: Process

/** Who signs in. */
let subject: string

beforeEach(async () => {
  subject = 'alice'
  world = await startWorld({ accessTokenSeconds, authorize: () => ({ subject }) })
  process = world.process({ autoRenew: false })
  await process.signIn()
})
afterEach(async () => {
  vi.useRealTimers()
  await world.close()
})

/** The uses of refresh tokens, by what came of them. */
const outcomes = (): string[] => world.as.redemptions.map(({ outcome }) => outcome)

const tokenOf = async ({ auth }: Process): Promise<string> => String((await auth.authProvider.tokens())?.access_token)

/** Lets the MCP server refuse tokens that are good. */
function refuse(isRefused: (token: string) => boolean, error = 'invalid_token'): void {
  const { judge } = world.mcp
  world.mcp.judge = (token) => (token !== undefined && isRefused(token) ? { status: 401, error } : judge(token))
}

/** Lets the access tokens expire, by everybody's clock. */
function outliveTokens(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * accessTokenSeconds * 1000 })
}

describe('a session with an MCP server', () => {
  test('outlives its access tokens, and no call is ever refused', async () => {
    const { mcp, forms } = world
    mcp.refused.length = 0
    for (let lifetime = 0; lifetime < 3; lifetime++) {
      outliveTokens()
      expect(await process.call()).toBe('alice')
    }
    expect(outcomes()).toEqual(['accepted', 'accepted', 'accepted'])
    expect(mcp.refused).toEqual([])
    expect(process.redirects).toHaveLength(1)
    for (const form of forms) expect(form.get('resource')).toBe(mcp.url.href)
  })

  test('is not in doubt when Node says that a request was never sent', async () => {
    const { store } = world
    let written: unknown
    const swap: TokenStore['swap'] = (key, expected, next) => {
      written = next
      return store.swap(key, expected, next)
    }
    const failure = Object.assign(new TypeError('fetch failed'), { cause: { syscall: 'connect' } })
    const offline = world.process({ store: { ...store, swap }, fetch: () => Promise.reject(failure) })
    outliveTokens()
    const asking = tokenOf(offline).catch(() => undefined)
    const settled = { intent: { attempt: 1, inDoubt: false, pause: expect.any(Object) } }
    await vi.waitFor(() => expect(written).toMatchObject(settled), { timeout: 5000 })
    await offline.auth[Symbol.asyncDispose]()
    await asking
  })

  test('renews a token that the server refuses, once for all processes, and repeats the calls', async () => {
    const other = world.process()
    const revoked = await tokenOf(process)
    refuse((token) => token === revoked)
    expect(await Promise.all([process.call(), process.call(), other.call(), other.call()])).toEqual(
      Array(4).fill('alice'),
    )
    expect(outcomes()).toEqual(['accepted'])
    expect([...process.redirects, ...other.redirects]).toHaveLength(1)
  })

  test('does not ask the user to sign in because of a server that refuses every token', async () => {
    refuse(() => true)
    for (let call = 0; call < 3; call++) {
      await expect(process.call()).rejects.toMatchObject({ code: 'denied', status: 401 })
    }
    expect(outcomes().length).toBeLessThan(3)
    expect(process.redirects).toHaveLength(1)
  })

  test.each([401, 403] as const)('asks the user for a scope that a call lacks, told by a %i', async (status) => {
    const { judge } = world.mcp
    world.mcp.judge = () => ({ status, error: 'insufficient_scope', scope: 'offline_access more' })
    await expect(process.call()).rejects.toMatchObject(noSession)
    expect(outcomes()).toEqual([])
    expect(process.redirects.at(-1)?.searchParams.get('scope')).toBe('offline_access more')
    world.mcp.judge = judge
  })

  test.each(['expired', 'was refused'])(
    'whose token %s while the authorization server is down does not ask the user to sign in',
    async (what) => {
      const token = await tokenOf(process)
      world.as.failNext(commonFaults.unavailable(60))
      if (what === 'expired') outliveTokens()
      else refuse((refused) => refused === token)
      await expect(process.call()).rejects.toMatchObject({ code: 'unavailable', status: 503 })
      expect(process.redirects).toHaveLength(1)
    },
  )

  test('whose store is down fails for now, and does not ask the user to sign in', async () => {
    const read = (): Promise<never> => Promise.reject(new Error('the disk is gone'))
    const other = world.process({ store: { ...world.store, read }, autoRenew: false })
    await expect(other.call()).rejects.toMatchObject({ code: 'storage_failed' })
    expect(other.redirects).toEqual([])
  })

  test('that the authorization server has ended asks the user to sign in, as the same client', async () => {
    const revoked = await tokenOf(process)
    world.as.revoke(world.as.inspect(revoked)?.family ?? 0)
    expect(await process.signIn()).toBe('alice')
    expect(process.redirects).toHaveLength(2)
    expect(Object.keys(world.clients)).toEqual(['client-1'])
  })

  test('is over for all processes after a sign-out, and its tokens are revoked', async () => {
    const other = world.process()
    await other.call()
    await process.auth.signOut()
    for (const one of [process, other]) await expect(one.call()).rejects.toMatchObject(noSession)
    expect(world.as.revocations).not.toHaveLength(0)
  })

  test.each(['all', 'client', 'tokens', 'verifier', 'discovery'] as const)(
    'goes on when the SDK gives up its credentials (%s)',
    async (scope) => {
      await process.auth.authProvider.invalidateCredentials(scope)
      expect(await process.call()).toBe('alice')
      expect(await world.process().call()).toBe('alice')
    },
  )

  test('goes on when a sign-in beside it fails', async () => {
    const { judge } = world.mcp
    world.mcp.judge = () => ({ status: 403, error: 'insufficient_scope' })
    await expect(process.call()).rejects.toMatchObject(noSession)
    world.mcp.judge = judge
    const transport = new StreamableHTTPClientTransport(world.mcp.url, process.auth)
    await expect(transport.finishAuth('no code')).rejects.toMatchObject({ errorCode: 'invalid_grant' })
    expect(await process.call()).toBe('alice')
  })

  test('does not repeat for one user what another has begun', async () => {
    const alices = await tokenOf(process)
    const { judge } = world.mcp
    world.mcp.judge = async (token) => {
      if (token !== alices) return judge(token)
      world.mcp.judge = judge
      subject = 'bob'
      await process.auth.signOut()
      await world.process().signIn()
      return { status: 401, error: 'invalid_token' }
    }
    await expect(process.call()).rejects.toMatchObject({ code: 'aborted' })
    expect(await process.call()).toBe('bob')
  })

  test('sends no token to another server', async () => {
    const { judge } = world.mcp
    const elsewhere = await startMcpServer(world.as.issuer, judge)
    try {
      const headers = { authorization: 'Bearer foreign' }
      expect((await process.auth.fetch(elsewhere.url, { headers })).status).toBe(401)
      expect(elsewhere.refused).toEqual(['foreign'])
    } finally {
      elsewhere.close()
    }
  })
})

describe('a client that the authorization server has forgotten', () => {
  test('registers anew, and the other processes follow when the user has signed in', async () => {
    const other = world.process()
    await other.call()
    delete world.clients['client-1']
    outliveTokens()
    expect(await process.signIn()).toBe('alice')
    expect(Object.keys(world.clients)).toEqual(['client-2'])
    expect(await other.call()).toBe('alice')
    expect(other.redirects).toEqual([])
  })

  test('leaves nothing of its session in the store', async () => {
    delete world.clients['client-1']
    outliveTokens()
    await process.signIn()
    const key = (client: string): string => `evergrant ${world.as.issuer} ${client} mcp ${world.mcp.url.href} default`
    expect((await world.store.read(key('client-1')))?.record.state).toBe('signed_out')
    expect((await world.store.read(key('client-2')))?.record.state).toBe('live')
  })

  test('keeps its session until then: the server may remember', async () => {
    const { 'client-1': client = {} } = world.clients
    delete world.clients['client-1']
    outliveTokens()
    await expect(process.call()).rejects.toMatchObject(noSession)
    world.clients['client-1'] = client
    outliveTokens()
    expect(await world.process().call()).toBe('alice')
  })

  test('is a mistake in the setup where it was registered by hand', async () => {
    const { clients } = world
    const byHand = world.process({ key: 'by hand', clientInformation: { client_id: 'client-1' }, autoRenew: false })
    await byHand.signIn()
    delete clients['client-1']
    outliveTokens()
    await expect(byHand.call()).rejects.toMatchObject({ code: 'misconfigured', error: 'invalid_client' })
    expect(byHand.redirects).toHaveLength(1)
  })
})

describe('an authorization server', () => {
  test('may pass on ID tokens of another one', async () => {
    const idToken = await world.as.signIn({ scope: 'openid', clientId: 'another' }).then((tokens) => tokens.id_token)
    const passingOn: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      if (!response.ok || !String(input).endsWith('/token')) return response
      return Response.json({ ...(await response.json()), id_token: idToken })
    }
    const one = world.process({ key: 'passing on', fetch: passingOn })
    await one.signIn()
    const first = await tokenOf(one)
    outliveTokens()
    expect(await one.call()).toBe('alice')
    expect(await tokenOf(one)).not.toBe(first)
  })

  test('renews for exactly the resource that it was asked for, however the MCP server spells it', async () => {
    const { forms, mcp, as } = world
    const { origin } = mcp.url
    const metadata = { resource: origin, authorization_servers: [as.issuer] }
    const pathless: typeof fetch = async (input, init) =>
      String(input).includes('oauth-protected-resource') ? Response.json(metadata) : fetch(input, init)
    const one = world.process({ key: 'pathless', fetch: pathless })
    // So versions 1.27 to 1.29 of the SDK do by themselves: they ask for the `href`, which ends with a slash.
    Object.assign(one.auth.authProvider, { validateResourceURL: () => Promise.resolve(new URL(origin)) })
    await one.signIn()
    outliveTokens()
    expect(await world.process({ key: 'pathless' }).call()).toBe('alice')
    expect(forms.slice(-2).map((form) => form.get('resource'))).toEqual([`${origin}/`, `${origin}/`])
  })

  test('renews for what the MCP server says where older versions kept the session', async () => {
    const key = `evergrant mcp ${world.mcp.url.href} default`
    const stored = await world.store.read(key)
    const older = structuredClone(stored?.record) as LiveRecord & { extra: { registration: { resource?: string } } }
    delete older.extra.registration.resource
    await world.store.swap(key, stored?.revision, older)
    outliveTokens()
    expect(await world.process().call()).toBe('alice')
    expect(world.forms.map((form) => form.get('resource'))).toEqual([world.mcp.url.href, world.mcp.url.href])
  })

  test('may publish no metadata, and be where the MCP server is', async () => {
    const { issuer } = world.as
    const withoutMetadata: typeof fetch = async (input, init) => {
      const url = new URL(String(input))
      if (url.pathname.startsWith('/.well-known/')) return new Response(undefined, { status: 404 })
      return fetch(url.pathname === '/mcp' ? url : new URL(url.pathname, issuer), init)
    }
    const one = world.process({ key: 'old', fetch: withoutMetadata })
    await expect(one.call()).rejects.toMatchObject(noSession)
    const [redirect] = one.redirects
    const page = new URL(`${redirect?.pathname}${redirect?.search}`, issuer)
    const code = new URL(await browse(page)).searchParams.get('code')
    await new StreamableHTTPClientTransport(world.mcp.url, one.auth).finishAuth(String(code))
    outliveTokens()
    expect(await one.call()).toBe('alice')
    expect(redirect?.origin).toBe(world.mcp.url.origin)
  })
})
