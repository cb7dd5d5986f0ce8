import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { engineNames, type Tab } from '../support/engines/engine.js'
import { useEngine } from '../support/engines/use-engine.js'
import { servePage, type PageServer } from '../support/page.js'
import type { App } from './app.js'
import { serve, type ServedServer } from './serve.js'
import { allShow, answerOn, seen, signIn, signOut, tokenOn, userOn } from './visitor.js'

declare const window: Window & { readonly app: App }

let pages: PageServer
let served: ServedServer
let tabs: Tab[] = []

beforeAll(async () => {
  pages = await servePage(new URL('./app.ts', import.meta.url))
})
afterAll(() => pages?.close())
afterEach(async () => {
  for (const tab of tabs) await tab.close()
  tabs = []
  served?.close()
})

describe.each(engineNames)('in %s', (name) => {
  const engine = useEngine(name)

  /** Opens three tabs in which alice is signed in. */
  async function threeOfAlice(): Promise<[Tab, Tab, Tab]> {
    const open = (): Promise<Tab> => engine().openTab(`${pages.url}?issuer=${encodeURIComponent(served.issuer)}`)
    const three: [Tab, Tab, Tab] = [await open(), await open(), await open()]
    tabs = three
    await signIn(three[0])
    await allShow(three, 'alice')
    return three
  }

  test('P-179 a sign-out with redirect ends the session in all tabs, at the server too, and comes back once', async () => {
    served = await serve({})
    const [leaving, ...others] = await threeOfAlice()
    const token = await tokenOn(leaving)
    const { idToken } = await leaving.evaluate(async () => ({
      idToken: (await window.app.tokens.getTokens()).idToken,
    }))
    expect(await signOut(leaving, { returnTo: '/start' })).toEqual({ outcome: 'signed_out', returnTo: '/start' })
    const callback = `${pages.url}callback?issuer=${encodeURIComponent(served.issuer)}`
    expect(served.seen('/logout')).toEqual([
      {
        id_token_hint: idToken,
        client_id: 'client',
        post_logout_redirect_uri: callback,
        state: expect.stringMatching(/^[\w-]{20,}$/),
      },
    ])
    expect(await leaving.url()).toBe(callback)
    await allShow([leaving, ...others], 'nobody')
    expect(await others[0]?.evaluate(() => window.app.events)).toEqual(['adopted', 'signedOut'])
    expect(served.server.inspect(token)?.isUsable).toBe(false)
    expect(served.server.revocations.map(({ kind }) => kind)).toContain('refresh')
    await leaving.reload()
    expect(await answerOn(leaving)).toEqual({ outcome: 'none', returnTo: '/' })
    await leaving.back()
    await allShow([leaving, ...others], 'nobody')
  })

  test('a sign-out while the server is down is complete in all tabs, and says that the server was not told', async () => {
    served = await serve({})
    const [leaving, ...others] = await threeOfAlice()
    await leaving.reload()
    await allShow([leaving], 'alice')
    const before = await leaving.url()
    served.close()
    expect(await signOut(leaving)).toMatchObject({ code: 'unavailable' })
    await allShow([leaving, ...others], 'nobody')
    expect(await leaving.url()).toBe(before)
    await leaving.reload()
    await seen(async () => (await userOn(leaving)) === 'nobody', 'nobody')
  })
})
