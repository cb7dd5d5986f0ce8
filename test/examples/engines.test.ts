import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApps, type Apps } from '../../examples/demo/apps.js'
import { engineNames, type Tab } from '../support/engines/engine.js'
import { useEngine } from '../support/engines/use-engine.js'

const accessTokenSeconds = 8
const patienceMs = 20_000

let apps: Apps

beforeAll(async () => {
  apps = await startApps({ accessTokenSeconds })
})

afterAll(() => apps?.close())

/** What there is once there has been time for it. Between two pages there is nothing to see. */
function eventually<T>(read: () => Promise<T>) {
  return expect.poll(() => read().catch(() => undefined), { timeout: patienceMs })
}

/** How many elements of the timeline fit a selector. */
function countOn(tab: Tab, selector: string): Promise<number> {
  return tab.evaluate((selector) => {
    const timeline = document.querySelector('evergrant-timeline')
    return timeline?.shadowRoot?.querySelectorAll(selector).length ?? 0
  }, selector)
}

describe.each(engineNames)('examples/spa in %s', (name) => {
  const engine = useEngine(name)

  test('signs in at oidc-provider, renews, calls its API and signs out', async () => {
    const tab = await engine().openTab(apps.urls.spa)
    await tab.click('#sign-in')
    await tab.fill('input[name=name]', 'bob')
    await tab.click('form button')
    await tab.waitFor('#account')
    const text = (selector: string): Promise<string> =>
      tab.evaluate((selector) => document.querySelector(selector)?.textContent ?? '', selector)
    await eventually(() => text('#name')).toBe('Bob Example')
    await eventually(() => countOn(tab, '.dot')).toBeGreaterThan(0)
    await tab.click('#call')
    await eventually(() => text('#answer')).toMatch(/^GET \/me → 200/)
    await tab.evaluate(() => void (document.title = 'the page that is left'))
    await tab.click('#sign-out')
    await eventually(() => text('title')).toBe('evergrant · single-page app')
    await tab.waitFor('#welcome')
    await eventually(() => tab.url()).toBe(apps.urls.spa)
    await tab.click('#sign-in')
    await tab.waitFor('input[name=name]')
  }, 90_000)
})
