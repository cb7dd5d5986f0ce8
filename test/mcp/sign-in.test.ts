import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterEach, describe, expect, test } from 'vitest'
import { createMcpAuth } from 'evergrant/mcp'
import type { AuthorizationServerOptions } from 'evergrant/testing'
import { codeChallenge } from '../../src/oauth/pkce.js'
import { browse, finishSignIn, redirectUrl, startWorld, type World } from './world.js'

let world: World
const start = async (options?: Parameters<typeof startWorld>[0]): Promise<World> => (world = await startWorld(options))

afterEach(() => world.close())

const noSession = { name: 'Error', message: 'Unauthorized' }

describe('signing in', () => {
  test('a client registers, and the SDK never gets to see the refresh token', async () => {
    const { process, mcp, clients, forms } = await start()
    const one = process()
    expect(await one.signIn()).toBe('alice')
    expect(one.redirects).toHaveLength(1)
    expect(one.redirects[0]?.searchParams.get('resource')).toBe(mcp.url.href)
    expect(forms.map((form) => [form.get('grant_type'), form.get('resource'), form.get('client_id')])).toEqual([
      ['authorization_code', mcp.url.href, Object.keys(clients)[0]],
    ])
    expect(await one.auth.authProvider.tokens()).not.toHaveProperty('refresh_token')
  })

  test('all processes with the same store are signed in then, as the same client', async () => {
    const { process, clients } = await start()
    const others = [process(), process()]
    await expect(others[0]?.call()).rejects.toMatchObject(noSession)
    await process().signIn()
    for (const other of [...others, process()]) expect(await other.call()).toBe('alice')
    expect(Object.keys(clients)).toHaveLength(2)
    expect(await process().auth.authProvider.clientInformation()).toMatchObject({ client_id: 'client-2' })
  })

  test('a code may come to another process than the one that asked for it', async () => {
    const { process, mcp } = await start()
    const [one, another] = [process(), process()]
    await expect(one.call()).rejects.toMatchObject(noSession)
    await finishSignIn(mcp.url, another.auth, await browse(one.redirects[0]))
    expect(await one.call()).toBe('alice')
  })

  test('of several sign-ins under way each is finished with what belongs to it', async () => {
    const { process, mcp } = await start()
    const one = process()
    await expect(one.call()).rejects.toMatchObject(noSession)
    await expect(one.call()).rejects.toMatchObject(noSession)
    await finishSignIn(mcp.url, one.auth, await browse(one.redirects[0]))
    expect(await one.call()).toBe('alice')
  })

  test('calls that are refused together may all begin one, and whichever comes back is finished', async () => {
    const { process, mcp, clients } = await start()
    const one = process()
    const calls = await Promise.allSettled([one.call(), one.call(), one.call()])
    expect(calls.map(({ status }) => status)).toEqual(Array(3).fill('rejected'))
    expect(one.redirects).toHaveLength(3)
    for (const redirect of one.redirects) {
      await finishSignIn(mcp.url, one.auth, await browse(redirect))
      expect(await one.call()).toBe('alice')
    }
    expect(Object.keys(clients)).toHaveLength(3)
  })

  test('a client whose metadata are published needs no registration', async () => {
    const { process, clients } = await start()
    const clientMetadataUrl = 'https://app.example/client.json'
    clients[clientMetadataUrl] = {}
    const one = process({ clientMetadataUrl })
    expect(await one.signIn()).toBe('alice')
    expect(Object.keys(clients)).toEqual([clientMetadataUrl])
  })

  test('a client that was registered by hand is used as it is, at sign-in and after it', async () => {
    const { process, clients, as, mcp } = await start()
    clients['by-hand'] = { secret: 's3cret' }
    const one = process({ clientInformation: { client_id: 'by-hand', client_secret: 's3cret', issuer: as.issuer } })
    expect(await one.signIn()).toBe('alice')
    const { judge } = mcp
    const first = (await one.auth.authProvider.tokens())?.access_token
    mcp.judge = (token) => (token === first ? { status: 401 } : judge(token))
    expect(await one.call()).toBe('alice')
    expect(as.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
    expect(Object.keys(clients)).toEqual(['by-hand'])
  })

  test('other servers and other keys have sessions of their own', async () => {
    const { process } = await start()
    await process().signIn()
    await expect(process({ key: 'another' }).call()).rejects.toMatchObject(noSession)
    const elsewhere = process({ serverUrl: 'https://mcp.example/mcp' })
    expect(await elsewhere.auth.authProvider.tokens()).toBeUndefined()
  })
})

describe('a callback', () => {
  const signInTo = async (authorize?: AuthorizationServerOptions['authorize']) => {
    const { process, mcp } = await start(authorize && { authorize })
    const one = process()
    await expect(one.call()).rejects.toMatchObject(noSession)
    return { ...one, url: mcp.url, callback: await browse(one.redirects[0]) }
  }

  test('may be given as the path that a server of Node sees', async () => {
    const { auth, call, url, callback } = await signInTo()
    const code = await auth.authorizationCode(callback.pathname + callback.search)
    await new StreamableHTTPClientTransport(url, auth).finishAuth(code)
    expect(await call()).toBe('alice')
  })

  test('is refused when nobody has asked for it, and when it comes again', async () => {
    const { auth, url, callback } = await signInTo()
    const foreign = new URL(callback)
    foreign.searchParams.set('state', 'guess')
    for (const wrong of [foreign, redirectUrl, `${redirectUrl}?code=code`]) {
      await expect(auth.authorizationCode(wrong)).rejects.toMatchObject({ code: 'misconfigured' })
    }
    await finishSignIn(url, auth, callback)
    await expect(auth.authorizationCode(callback)).rejects.toMatchObject({ code: 'misconfigured' })
  })

  test.each(['https://other.example', undefined])('is refused when it names %s as the issuer', async (iss) => {
    const { auth, callback } = await signInTo()
    callback.searchParams.delete('iss')
    if (iss) callback.searchParams.set('iss', iss)
    await expect(auth.authorizationCode(callback)).rejects.toMatchObject({ code: 'misconfigured' })
  })

  test('tells why the server has refused', async () => {
    const { auth, callback } = await signInTo(() => ({ error: 'access_denied', errorDescription: 'Not you.' }))
    const refusal = { code: 'denied', error: 'access_denied', errorDescription: 'Not you.' }
    await expect(auth.authorizationCode(callback)).rejects.toMatchObject(refusal)
  })

  test('is not waited for when nobody has begun to sign in', async () => {
    const { process, mcp } = await start()
    const { auth } = process({ clientInformation: { client_id: 'client' } })
    const finishing = new StreamableHTTPClientTransport(mcp.url, auth).finishAuth('code')
    await expect(finishing).rejects.toMatchObject({ code: 'misconfigured' })
  })
})

describe('what the SDK tells on the way to a sign-in', () => {
  const verifiers = Array.from({ length: 9 }, (_, index) => `verifier ${index}`)
  const prepare = () => {
    const auth = createMcpAuth({
      serverUrl: 'https://mcp.example',
      redirectUrl,
      redirectToAuthorization: () => undefined,
    })
    auth.authProvider.saveClientInformation?.({ client_id: 'client' })
    return auth
  }
  const addressOf = async (verifier: string): Promise<URL> => {
    const query = { client_id: 'client', state: verifier, code_challenge: await codeChallenge(verifier) }
    return new URL(`https://as.example/authorize?${new URLSearchParams(query).toString()}`)
  }
  const callbackOf = (state: string): string =>
    `${redirectUrl}?${new URLSearchParams({ code: 'code', state }).toString()}`

  test('is told apart when it tells of several at the same time, of which only the newest are remembered', async () => {
    const { authProvider, authorizationCode } = prepare()
    authProvider.saveDiscoveryState({ authorizationServerUrl: 'https://as.example' })
    for (const verifier of verifiers) await authProvider.saveCodeVerifier(verifier)
    for (const verifier of verifiers) await authProvider.redirectToAuthorization(await addressOf(verifier))
    const [oldest, ...others] = verifiers
    for (const verifier of others) {
      expect(await authorizationCode(callbackOf(verifier))).toBe('code')
      expect(authProvider.codeVerifier()).toBe(verifier)
    }
    await expect(authorizationCode(callbackOf(String(oldest)))).rejects.toMatchObject({ code: 'misconfigured' })
  })

  test('is not enough where the SDK does not say which server it has found', async () => {
    const { authProvider } = prepare()
    await authProvider.saveCodeVerifier('verifier')
    const leaving = authProvider.redirectToAuthorization(await addressOf('verifier'))
    await expect(leaving).rejects.toMatchObject({ code: 'unsupported' })
  })
})
