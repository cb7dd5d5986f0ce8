import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { encryptedStore, type TokenStore } from 'evergrant'
import type { McpAuthOptions } from 'evergrant/mcp'
import { browse, startWorld, type Process, type World } from './world.js'

const noSession = { name: 'Error', message: 'Unauthorized' }

let world: World
beforeEach(async () => {
  world = await startWorld({ accessTokenSeconds: 3600, authorize: () => ({ subject: 'alice' }) })
})
afterEach(() => world.close())

describe('a session with an MCP server in an encrypted store', () => {
  const newKey = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))
  const [oldKey, key] = [newKey(), newKey()]

  const start = (keys: Uint8Array[], options: Partial<McpAuthOptions> = {}): Process =>
    world.process({ store: encryptedStore(world.store, keys), autoRenew: false, ...options })

  /** Lets the MCP server refuse the token that a process has, so that the session is renewed. */
  async function refuseTokenOf({ auth }: Process): Promise<void> {
    const refused = (await auth.authProvider.tokens())?.access_token
    const { judge } = world.mcp
    world.mcp.judge = (token) => (token === refused ? { status: 401, error: 'invalid_token' } : judge(token))
  }

  test('outlives the replacement of its key, though nobody signs in meanwhile', async () => {
    await start([oldKey]).signIn()
    expect(await start([oldKey, key]).call()).toBe('alice')
    const between = start([key, oldKey])
    await refuseTokenOf(between)
    expect(await between.call()).toBe('alice')
    const after = start([key])
    expect(await after.call()).toBe('alice')
    expect(after.redirects).toEqual([])
    expect(world.as.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
  })

  test('is sealed anew once the store can be written again', async () => {
    await start([oldKey]).signIn()
    let isReadOnly = true
    const swap: TokenStore['swap'] = (...change) =>
      isReadOnly ? Promise.reject(new Error('read-only')) : world.store.swap(...change)
    const between = start([key, oldKey], { store: encryptedStore({ ...world.store, swap }, [key, oldKey]) })
    expect(await between.call()).toBe('alice')
    isReadOnly = false
    await between.auth.authProvider.clientInformation()
    expect(await start([key]).auth.authProvider.clientInformation()).toMatchObject({ client_id: 'client-1' })
  })

  test.each([
    ['that registers itself', {}],
    ['that was registered by hand', { clientInformation: { client_id: 'by-hand' } }],
  ])(
    'whose key is lost is discarded by a sign-out, and the user of a client %s signs in again',
    async (_who, options) => {
      world.clients['by-hand'] = {}
      await start([oldKey], options).signIn()
      const process = start([key], options)
      await expect(process.signIn()).rejects.toMatchObject({ code: 'misconfigured' })
      await process.auth.signOut()
      expect(await process.signIn()).toBe('alice')
      expect(await start([key], options).call()).toBe('alice')
    },
  )

  test('whose key is only missing is not discarded by a sign-in', async () => {
    await start([oldKey]).signIn()
    await expect(start([key]).signIn()).rejects.toMatchObject({ code: 'misconfigured' })
    expect(await start([key, oldKey]).call()).toBe('alice')
  })
})

describe('a store that fails while a sign-in is finished', () => {
  /** Whether the store fails now for a record. */
  let isDown: (key: string) => boolean
  let process: Process
  let store: TokenStore

  /** Somebody has signed in, and the store has taken nothing of it. */
  beforeEach(async () => {
    isDown = () => false
    const unlessDown = <T>(key: string, work: () => Promise<T>): Promise<T> =>
      isDown(key) ? Promise.reject(new Error('down')) : work()
    store = {
      durability: 'none',
      read: (key) => unlessDown(key, () => world.store.read(key)),
      swap: (key, ...change) => unlessDown(key, () => world.store.swap(key, ...change)),
    }
    process = world.process({ store, autoRenew: false })
    await expect(process.call()).rejects.toMatchObject(noSession)
    const code = await process.auth.authorizationCode(await browse(process.redirects.at(-1)))
    isDown = () => true
    await new StreamableHTTPClientTransport(world.mcp.url, process.auth).finishAuth(code)
  })

  test('costs nothing: once it is back, the next process is signed in', async () => {
    expect(await process.call()).toBe('alice')
    isDown = () => false
    const isSignedIn = async (): Promise<void> => {
      const next = world.process({ store, autoRenew: false })
      expect(await next.auth.authProvider.tokens()).toBeDefined()
      expect(await next.call()).toBe('alice')
      expect(next.redirects).toEqual([])
    }
    await vi.waitFor(isSignedIn, { timeout: 5000 })
  })

  test('does not bring back a client that was given up meanwhile', async () => {
    isDown = () => false
    await process.auth.signOut()
    expect(await world.process({ store, autoRenew: false }).auth.authProvider.clientInformation()).toBeUndefined()
    await process.auth[Symbol.asyncDispose]()
    expect(await world.process({ store, autoRenew: false }).auth.authProvider.clientInformation()).toBeUndefined()
  })

  test('has taken all of it when a process has ended that waits for it', async () => {
    let failuresLeft = 3
    isDown = (key) => key.startsWith('evergrant mcp ') && failuresLeft-- > 0
    await process.auth[Symbol.asyncDispose]()
    expect(failuresLeft).toBeLessThan(0)
    const next = world.process({ store, autoRenew: false })
    expect(await next.call()).toBe('alice')
    expect(next.redirects).toEqual([])
  })
})

describe('ending while the first look into the store is under way', () => {
  /** Begins a call, ends, and tells how many watch the store then. */
  async function endDuringFirstLook(): Promise<{ failure: unknown; watchers: number }> {
    let watchers = 0
    const store: TokenStore = {
      ...world.store,
      watch(key, onChange) {
        watchers++
        const end = world.store.watch?.(key, onChange)
        return () => {
          watchers--
          end?.()
        }
      },
    }
    const { auth } = world.process({ store })
    const asking = Promise.resolve(auth.authProvider.tokens()).catch((error: unknown) => error)
    auth.dispose()
    return { failure: await asking, watchers }
  }

  test('leaves nothing behind, and the call is told that it was given up', async () => {
    await world.process({ autoRenew: false }).signIn()
    expect(await endDuringFirstLook()).toMatchObject({ failure: { code: 'aborted' }, watchers: 0 })
  })

  test('sends nobody to sign in', async () => {
    expect(await endDuringFirstLook()).toMatchObject({ failure: { code: 'aborted' }, watchers: 0 })
  })
})
