import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineNames, type Tab } from '../support/engines/engine.js'
import { useEngine } from '../support/engines/use-engine.js'
import { servePage, type PageServer } from '../support/page.js'
import { suites } from './stores-backends.js'
import type { StoresPage } from './stores-page.js'

declare const window: Window & StoresPage

let server: PageServer

beforeAll(async () => {
  server = await servePage(new URL('./stores-page.ts', import.meta.url))
})

afterAll(() => server?.close())

describe.each(engineNames)('in %s', (name) => {
  const engine = useEngine(name)
  let tab: Tab | undefined

  describe.each(Object.entries(suites))('%s', (suite, cases) => {
    test.each(cases.map(({ name }) => name))('%s', async (name) => {
      tab ??= await engine().openTab(server.url)
      expect(await tab.evaluate((suite, name) => window.runCase(suite, name), suite, name)).toBeUndefined()
    })
  })
})
