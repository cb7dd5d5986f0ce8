import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAuthorizationServer, type AuthorizationServer } from '../../examples/demo/authorization-server.js'
import { engineNames } from '../support/engines/engine.js'
import { useEngine } from '../support/engines/use-engine.js'
import { everyFeature, orders } from '../support/every-feature.js'
import { servePage, type PageServer } from '../support/page.js'
import type { App } from './app.js'
import { allShow, answerOn, callOn, leaveToSignIn, openAs, seen, tokenOn } from './visitor.js'

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
        post_logout_redirect_uris: [callback],
        token_endpoint_auth_method: 'none',
        dpop_bound_access_tokens: true,
      },
    ],
    configuration: {
      issueRefreshToken: async () => true,
      expiresWithSession: async () => false,
      pkce: { required: () => true },
      features: everyFeature(),
    },
  })
})
afterAll(async () => {
  pages?.close()
  await server?.close()
})

describe.each(engineNames)('in %s, with oidc-provider and all that it offers', (name) => {
  const engine = useEngine(name)
  const setup = (): string => `issuer=${server.issuer}&client=page&dpop=yes`

  test('P-140 P-143 P-147 a session outlives its tokens and the page, by a key that no page can read, and ends everywhere', async () => {
    const [tab, other] = [await openAs(engine(), pages, setup()), await openAs(engine(), pages, setup())]
    await leaveToSignIn(tab, {
      scope: 'openid offline_access read',
      additionalParameters: { resource: orders },
    })
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
    expect(await tab.evaluate(() => window.app.introspect())).toMatchObject({ active: true, token_type: 'DPoP' })
    const wanted = { resource: orders, scope: 'read' }
    expect((await tab.evaluate((wanted) => window.app.tokens.getTokens(wanted), wanted)).scope).toBe('read')
    const refused = server.tokenRequests.filter(
      ({ outcome, error }) => outcome !== 'issued' && !error?.includes('nonce'),
    )
    expect(refused).toEqual([])
    expect(await other.evaluate(() => window.app.events)).not.toContain('ended')

    const last = await tokenOn(other)
    await tab.evaluate(() => window.app.signOut({ returnTo: '/bye' }))
    await tab.click('button[name=logout]')
    expect(await answerOn(tab)).toEqual({ outcome: 'signed_out', returnTo: '/bye' })
    await allShow([tab, other], 'nobody')
    expect(await server.inspect(last)).toBeUndefined()
    for (const one of [tab, other]) await one.close()
  }, 60_000)
})
