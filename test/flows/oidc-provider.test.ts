import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAuthorizationServer, type AuthorizationServer } from '../../examples/demo/authorization-server.js'
import { engineNames, type Tab } from '../support/engines/engine.js'
import { useEngine } from '../support/engines/use-engine.js'
import { askWhetherToSignOut } from '../support/every-feature.js'
import { servePage, type PageServer } from '../support/page.js'
import type { App } from './app.js'
import { allShow, answerOn, callOn, leaveToSignIn, openAs, seen, tokenOn, userOn } from './visitor.js'

declare const window: Window & { readonly app: App }

/** So short that a renewal comes while one waits for it. */
const accessTokenSeconds = 4

let pages: PageServer
let server: AuthorizationServer

beforeAll(async () => {
  pages = await servePage(new URL('./app.ts', import.meta.url))
  const callback = `${pages.url}callback`
  server = await startAuthorizationServer({
    accessTokenSeconds,
    graceSeconds: 0,
    signIn: 'page',
    clients: [
      {
        client_id: 'page',
        redirect_uris: [callback],
        post_logout_redirect_uris: [callback],
        token_endpoint_auth_method: 'none',
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
        rpInitiatedLogout: { enabled: true, logoutSource: askWhetherToSignOut },
      },
    },
  })
})
afterAll(async () => {
  pages?.close()
  await server?.close()
})

describe.each(engineNames)('in %s, with oidc-provider', (name) => {
  const engine = useEngine(name)

  const open = (): Promise<Tab> => openAs(engine(), pages, `issuer=${server.issuer}&client=page`)
  const profile = (): string => `${server.issuer}/me`

  test('a user signs in by hand, is renewed while they call an API in two tabs, signs out, and cancels', async () => {
    const [tab, other] = [await open(), await open()]
    await leaveToSignIn(tab, { usePushedRequest: true, returnTo: '/account' })
    await tab.fill('[name=name]', 'carol')
    await tab.click('form button')
    expect(await answerOn(tab)).toEqual({ outcome: 'signed_in', returnTo: '/account' })
    expect(await tab.url()).toBe(`${pages.url}callback`)
    await allShow([tab, other], 'carol')
    const first = await tokenOn(tab)
    for (const one of [tab, other]) expect(await callOn(one, profile())).toBe(200)

    const isRenewed = (tab: Tab) => () => tab.evaluate(() => window.app.events.includes('renewed'))
    for (const one of [tab, other]) {
      await seen(isRenewed(one), 'a renewal')
      expect(await callOn(one, profile())).toBe(200)
      expect(await tokenOn(one)).not.toBe(first)
    }
    expect(server.tokenRequests.every(({ outcome }) => outcome === 'issued')).toBe(true)

    const last = await tokenOn(other)
    await tab.evaluate(() => window.app.signOut({ returnTo: '/bye' }))
    await tab.click('button[name=logout]')
    expect(await answerOn(tab)).toEqual({ outcome: 'signed_out', returnTo: '/bye' })
    await allShow([tab, other], 'nobody')
    expect(await server.inspect(last)).toBeUndefined()

    await leaveToSignIn(other)
    await other.click('[name=cancel]')
    expect(await answerOn(other)).toEqual({
      code: 'denied',
      error: 'access_denied',
      errorDescription: 'the sign-in was cancelled',
    })
    expect(await userOn(other)).toBe('nobody')
    for (const one of [tab, other]) await one.close()
  }, 60_000)
})
