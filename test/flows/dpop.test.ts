import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAuthorizationServer, type AuthorizationServer } from '../../examples/demo/authorization-server.js'
import { engineNames, type Tab } from '../support/engines/engine.js'
import { useEngine } from '../support/engines/use-engine.js'
import { servePage, type PageServer } from '../support/page.js'
import type { App } from './app.js'
import { allShow, answerOn, callOn, leaveToSignIn, seen, tokenOn } from './visitor.js'

declare const window: Window & { readonly app: App }

let pages: PageServer
let server: AuthorizationServer

beforeAll(async () => {
  pages = await servePage(new URL('./app.ts', import.meta.url))
  const callback = `${pages.url}callback`
  server = await startAuthorizationServer({
    accessTokenSeconds: 4,
    graceSeconds: 0,
    clients: [
      {
        client_id: 'page',
        redirect_uris: [callback],
        token_endpoint_auth_method: 'none',
        dpop_bound_access_tokens: true,
      },
    ],
    configuration: {
      issueRefreshToken: async () => true,
      expiresWithSession: async () => false,
      pkce: { required: () => true },
      features: {
        devInteractions: { enabled: false },
        pushedAuthorizationRequests: { enabled: true },
        revocation: { enabled: true, allowedPolicy: async () => true },
        dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true },
      },
    },
  })
})
afterAll(async () => {
  pages?.close()
  await server?.close()
})

describe.each(engineNames)('in %s, with oidc-provider, which binds tokens to keys and wants nonces', (name) => {
  const engine = useEngine(name)

  async function open(): Promise<Tab> {
    const tab = await engine().openTab(`${pages.url}?issuer=none`)
    await tab.evaluate((setup) => void (localStorage.setup = setup), `issuer=${server.issuer}&client=page&dpop=yes`)
    await tab.goto(pages.url)
    return tab
  }

  test('P-140 P-143 P-147 a session outlives its tokens and the page, by a key that no page can read', async () => {
    const [tab, other] = [await open(), await open()]
    await leaveToSignIn(tab)
    expect(await answerOn(tab)).toMatchObject({ outcome: 'signed_in' })
    await allShow([tab, other], 'alice')
    const profile = `${server.issuer}/me`
    for (const one of [tab, other]) expect(await callOn(one, profile)).toBe(200)
    const first = await tokenOn(tab)
    await seen(() => other.evaluate(() => window.app.events.includes('renewed')), 'a renewal')
    await other.goto(pages.url)
    for (const one of [tab, other]) expect(await callOn(one, profile)).toBe(200)
    expect(await tokenOn(other)).not.toBe(first)
    expect(await tab.evaluate(() => window.app.tokens.getTokens().then(({ tokenType }) => tokenType))).toBe('DPoP')
    const refused = server.tokenRequests.filter(
      ({ outcome, error }) => outcome !== 'issued' && !error?.includes('nonce'),
    )
    expect(refused).toEqual([])
    expect(await other.evaluate(() => window.app.events)).not.toContain('ended')
    for (const one of [tab, other]) await one.close()
  }, 60_000)
})
