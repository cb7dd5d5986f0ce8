import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { browse, finishSignIn, startWorld, type Process, type World } from './world.js'

const noSession = { name: 'Error', message: 'Unauthorized' }
const accessTokenSeconds = 600

let world: World
let process: Process

/** Somebody has signed in as `client-1`, without a refresh token: nothing will tell that the server has forgotten it. */
beforeEach(async () => {
  world = await startWorld({ accessTokenSeconds, authorize: () => ({ subject: 'alice' }) })
  process = start()
  await process.signIn()
})

afterEach(async () => {
  vi.useRealTimers()
  await world.close()
})

const start = (): Process => world.process({ autoRenew: false, clientMetadata: {} })

/** What an authorization server that keeps its clients in memory does when it is started again. */
function forgetClients(): void {
  for (const id of Object.keys(world.clients)) delete world.clients[id]
}

function outliveTokens(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * accessTokenSeconds * 1000 })
}

/** The status of the page that the user was sent to last: of a server that does not know the client it is 400. */
async function pageOf({ redirects }: Process): Promise<number> {
  return (await fetch(String(redirects.at(-1)), { redirect: 'manual' })).status
}

const registered = (): string[] => Object.keys(world.clients)

describe('a user whose client the authorization server has forgotten signs in again', () => {
  test('in another process after a sign-out', async () => {
    await process.auth.signOut()
    forgetClients()
    expect(await start().signIn()).toBe('alice')
    expect(registered()).toEqual(['client-2'])
  })

  test('after a sign-out in the process that was sent to an error page', async () => {
    forgetClients()
    outliveTokens()
    await expect(process.call()).rejects.toMatchObject(noSession)
    expect(await pageOf(process)).toBe(400)
    await process.auth.signOut()
    expect(await process.signIn()).toBe('alice')
  })

  test('after a sign-out in another process than the one that was sent to an error page', async () => {
    forgetClients()
    outliveTokens()
    await expect(process.call()).rejects.toMatchObject(noSession)
    await start().auth.signOut()
    expect(await process.signIn()).toBe('alice')
    expect(registered()).toEqual(['client-2'])
  })

  test.each(['all', 'client'] as const)('in the next process after invalidateCredentials(%s)', async (scope) => {
    forgetClients()
    outliveTokens()
    await expect(process.call()).rejects.toMatchObject(noSession)
    await process.auth.authProvider.invalidateCredentials(scope)
    expect(await start().signIn()).toBe('alice')
    expect(registered()).toEqual(['client-2'])
  })

  test('in the next process, when its code was refused because of the client', async () => {
    outliveTokens()
    await expect(process.call()).rejects.toMatchObject(noSession)
    const callback = await browse(process.redirects.at(-1))
    forgetClients()
    await expect(finishSignIn(world.mcp.url, process.auth, callback)).rejects.toThrow()
    expect(await start().signIn()).toBe('alice')
  })
})

describe('a client', () => {
  test('that registered is used by the others, too, when somebody signs in after a sign-out', async () => {
    const other = start()
    await other.call()
    await process.auth.signOut()
    await process.signIn()
    expect(await other.call()).toBe('alice')
    expect(await other.auth.authProvider.clientInformation()).toMatchObject({ client_id: 'client-2' })
    expect(other.redirects).toEqual([])
  })

  test.each(['tokens', 'verifier', 'discovery'] as const)('is kept by invalidateCredentials(%s)', async (scope) => {
    await process.auth.authProvider.invalidateCredentials(scope)
    expect(await start().auth.authProvider.clientInformation()).toMatchObject({ client_id: 'client-1' })
  })

  test('is kept when the code of another one is refused', async () => {
    await process.auth.signOut()
    await expect(process.call()).rejects.toMatchObject(noSession)
    const callback = await browse(process.redirects.at(-1))
    await start().signIn()
    delete world.clients['client-2']
    await expect(finishSignIn(world.mcp.url, process.auth, callback)).rejects.toThrow()
    expect(await start().auth.authProvider.clientInformation()).toMatchObject({ client_id: 'client-3' })
  })

  test('that was given up is good for a code that is still to come', async () => {
    outliveTokens()
    await expect(process.call()).rejects.toMatchObject(noSession)
    await start().auth.signOut()
    await finishSignIn(world.mcp.url, process.auth, await browse(process.redirects.at(-1)))
    expect(await start().call()).toBe('alice')
    expect(registered()).toEqual(['client-1'])
  })

  test('that was given up keeps a session that somebody begins as it meanwhile', async () => {
    await process.auth.authProvider.invalidateCredentials('all')
    const next = start()
    expect(await next.call()).toBe('alice')
    expect(await next.auth.authProvider.clientInformation()).toBeUndefined()
  })
})

describe('a sign-out', () => {
  const byHand = { clientInformation: { client_id: 'by-hand' } }
  const published = { clientMetadataUrl: 'https://app.example/client.json' }

  test.each([
    ['was registered by hand', 'by-hand', byHand],
    ['publishes its metadata', published.clientMetadataUrl, published],
  ])('does not concern a client that %s', async (_how, id, options) => {
    world.clients[id] = {}
    const one = world.process({ key: 'another', autoRenew: false, clientMetadata: {}, ...options })
    await one.signIn()
    await one.auth.signOut()
    expect(await one.signIn()).toBe('alice')
    expect(one.redirects.map((url) => url.searchParams.get('client_id'))).toEqual([id, id])
    expect(registered()).toEqual(['client-1', id])
  })
})
