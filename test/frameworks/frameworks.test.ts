import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { servePage, type PageServer } from '../support/page.js'
import { useEngine } from '../support/engines/use-engine.js'
import type { FrameworksPage, Report } from './page.js'

/** How often each framework shows one and the same snapshot. */
const frameworks = [
  ['React', 1],
  // In strict mode, which looks for impure components, React renders everything twice.
  ['React in strict mode', 2],
  ['Vue', 1],
  ['Svelte', 1],
  ['Solid', 1],
  ['Angular', 1],
] as const

const engine = useEngine('chromium')
let server: PageServer
beforeAll(async () => {
  server = await servePage(new URL('./page.ts', import.meta.url))
})
afterAll(() => server?.close())

/** Opens the page, and lets it do one thing. */
async function inPage<A extends unknown[]>(work: (...args: A) => Promise<Report>, ...args: A): Promise<Report> {
  const tab = await engine().openTab(server.url)
  return tab.evaluate(work, ...args).finally(() => tab.close())
}

describe.each(frameworks)('%s', (framework, times) => {
  test('F-048 shows each change of a session once, and leaves no listener behind', async () => {
    const report = await inPage((name) => (window as unknown as FrameworksPage).follow(name), framework as string)
    expect(report).toEqual({
      texts: ['starting', 'signed_out', 'active 0', 'active 1', 'signed_out'],
      shown: [0, 1, 2, 3, 4].flatMap((index) => Array<number>(times).fill(index)),
      listeners: { mounted: 1, unmounted: 0 },
      complaints: [],
    })
  })
})

describe('what a server rendered becomes a page', () => {
  const hydrate = (...args: Parameters<FrameworksPage['hydrate']>): Promise<Report> =>
    inPage((...args) => (window as unknown as FrameworksPage).hydrate(...args), ...args)

  test.each([
    ['React', 'starting'],
    ['Vue', '<p>starting</p>'],
  ])('in %s, when the manager starts afterwards', async (framework, html) => {
    const { texts, complaints } = await hydrate(framework, html, 'after')
    expect({ texts, complaints }).toEqual({ texts: ['active 0'], complaints: [] })
  })

  test('in React, also when the session is known already', async () => {
    const { texts, complaints } = await hydrate('React', 'starting', 'before')
    expect({ texts, complaints }).toEqual({ texts: ['active 0'], complaints: [] })
  })

  test('and a page that fits worse would be noticed', async () => {
    const { complaints } = await hydrate('Vue', '<p>starting</p>', 'before')
    expect(complaints).toContainEqual(expect.stringContaining('ydration'))
  })
})
