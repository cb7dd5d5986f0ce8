import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { engineNames, type Tab } from '../support/engines/engine.js'
import { useEngine } from '../support/engines/use-engine.js'
import { servePage, type PageServer } from '../support/page.js'
import type { App } from './app.js'
import { serve, type ServedServer } from './serve.js'
import { allShow, callOn, seen, signIn, signOut, tokenOn, userOn } from './visitor.js'

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

  async function open(setup: string): Promise<Tab> {
    const tab = await engine().openTab(`${pages.url}?issuer=${encodeURIComponent(served.issuer)}&${setup}`)
    tabs.push(tab)
    return tab
  }

  test.each([
    ['is missing', 'missing'],
    ['may not be opened', 'throws'],
    ['cannot be opened', 'fails'],
    ['is full', 'full'],
  ])(
    'a sign-in where IndexedDB %s works in memory, says so once, and is stored when it works again',
    async (_kind, how) => {
      served = await serve({})
      const [tab, healthy] = [await open(`database=${how}`), await open('')]
      expect(await signIn(tab)).toMatchObject({ outcome: 'signed_in' })
      expect(await userOn(tab)).toBe('alice')
      expect(await callOn(tab, `${served.issuer}/resource`)).toBe(200)
      expect(await userOn(healthy)).toBe('nobody')
      const events = (): Promise<string[]> => tab.evaluate(() => window.app.events)
      expect((await events()).filter((event) => event === 'storage_failed')).toHaveLength(1)

      await tab.evaluate(() => window.app.mendDatabase())
      await allShow([healthy], 'alice')
      expect(await tokenOn(healthy)).toBe(await tokenOn(tab))
      expect((await events()).filter((event) => event === 'storage_failed')).toHaveLength(1)
      expect(await tab.evaluate(() => window.app.tokens.getSnapshot().error?.code)).toBeUndefined()
      await tab.evaluate(() => window.app.tokens.signOut())
      await allShow([tab, healthy], 'nobody')
    },
  )

  test.each([
    ['localStorage', 'is shared by all tabs and outlives a reload', 'alice', 'alice'],
    ['sessionStorage', 'is of one tab and outlives a reload', 'nobody', 'alice'],
    ['memory', 'is of one page and ends with it', 'nobody', 'nobody'],
  ])('F-005 a session in %s %s', async (store, _what, userOfOther, userAfterReload) => {
    served = await serve({})
    const [tab, other] = [await open(`store=${store}`), await open(`store=${store}`)]
    expect(await signIn(tab)).toMatchObject({ outcome: 'signed_in' })
    expect(await userOn(tab)).toBe('alice')
    await allShow([other], userOfOther)
    const traces = await tab.evaluate(
      (token) =>
        Object.entries({ localStorage, sessionStorage })
          .filter(([, storage]) => JSON.stringify(storage).includes(token))
          .map(([name]) => name),
      await tokenOn(tab),
    )
    expect(traces).toEqual(store === 'memory' ? [] : [store])
    await tab.reload()
    await seen(async () => (await userOn(tab)) === userAfterReload, userAfterReload)
    if (userAfterReload === 'alice') await signOut(tab)
    await allShow([tab, other], 'nobody')
  })
})
