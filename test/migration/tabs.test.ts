import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { serve, type ServedServer } from '../flows/serve.js'
import { engineNames, type Tab } from '../support/engines/engine.js'
import { useEngine } from '../support/engines/use-engine.js'
import { servePage, type PageServer } from '../support/page.js'
// Declares what the page offers.
import type {} from './new-application.js'
import { storedBy } from './stored.js'

const library = '@okta/okta-auth-js 8.0.1'

let pages: PageServer
let served: ServedServer | undefined

beforeAll(async () => {
  pages = await servePage(new URL('./new-application.ts', import.meta.url))
})
afterAll(() => pages?.close())
afterEach(() => served?.close())

const adopt = (tab: Tab): Promise<string> => tab.evaluate((library) => window.newApplication.adopt(library), library)
const tokenOn = (tab: Tab): Promise<string> => tab.evaluate(() => window.newApplication.tokens.getAccessToken())
const keysOn = (tab: Tab): Promise<string[]> => tab.evaluate(() => Object.keys(localStorage))

describe.each(engineNames)('in %s', (name) => {
  const engine = useEngine(name)

  test('the tabs of a page that moves take over one session between them, and keep it', async () => {
    const { server, issuer } = (served = await serve({}))
    const address = `${pages.url}?issuer=${encodeURIComponent(issuer)}`
    const tabs = [await engine().openTab(address), await engine().openTab(address)] as const
    const [first] = tabs
    const answer = await server.signIn({ scope: 'openid offline_access' })
    const stored = storedBy(library, { ...answer, issuer, end: Math.round(Date.now() / 1000) - 60 })
    await first.evaluate((entries) => Object.assign(localStorage, entries), stored.localStorage)

    const adoptions = await Promise.all(tabs.map(adopt))
    expect(adoptions).toContain('adopted')
    const [token, other] = await Promise.all(tabs.map(tokenOn))
    expect(other).toBe(token)
    expect(server.inspect(token ?? '')).toMatchObject({ subject: 'alice', isUsable: true })
    expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])

    await first.reload()
    expect(await adopt(first)).toBe('none')
    expect(await tokenOn(first)).toBe(token)
    expect(await keysOn(first)).toEqual([])
    for (const tab of tabs) await tab.close()
  })
})
