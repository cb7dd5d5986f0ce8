import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChromiumTab } from '../support/engines/chromium.js'
import { useChromium } from '../support/engines/use-engine.js'
import { servePage, type PageServer } from '../support/page.js'
import type { ManagerPage } from './manager-page.js'
import { serveAuthorizationServer, until, type ServedAuthorizationServer } from './manager-server.js'
import { addressOf, signInOn, statusOn, tokenOn } from './manager-tabs.js'

declare const window: Window & ManagerPage & { heard: string[] }

/** How the test authorization server names its tokens, and how an ID token begins. */
const anyToken = /(access|refresh)\.\d+\.\w|eyJ/

/** What a page asks for and says is seen with the DevTools protocol, so this is about Chromium alone. */
const engine = useChromium()
let pages: PageServer
let served: ServedAuthorizationServer

beforeAll(async () => {
  pages = await servePage(new URL('./manager-page.ts', import.meta.url))
  served = await serveAuthorizationServer({ rotation: { graceSeconds: 30 } })
})

afterAll(() => {
  pages?.close()
  served?.close()
})

/** Opens a tab whose console, errors, and requests without their bodies are written down. */
async function openWatched(seen: string[]): Promise<ChromiumTab> {
  const tab = await engine().openTab(addressOf(pages, served.server))
  tab.page.on('console', (message) => seen.push(message.text()))
  tab.page.on('pageerror', (error) => seen.push(`${error.message} ${error.stack}`))
  tab.page.on('request', (request) => seen.push(request.url(), JSON.stringify(request.headers())))
  await tab.evaluate(() => {
    window.heard = []
    const hear = (value: unknown): void => void window.heard.push(JSON.stringify(value) + String(value))
    for (const type of ['adopted', 'renewed', 'ended', 'signedOut', 'error'] as const) window.tokens.on(type, hear)
    window.tokens.subscribe(() => hear(window.tokens.getSnapshot()))
    new BroadcastChannel('evergrant').onmessage = ({ data }) => hear(data)
  })
  return tab
}

/** What else of a page others could see: its places to keep text, its address, its locks and its report. */
function sights(tab: ChromiumTab): Promise<string[]> {
  return tab.evaluate(async () => [
    ...window.heard,
    JSON.stringify([localStorage, sessionStorage, document.cookie, document.title, location.href, history.state]),
    JSON.stringify([await navigator.locks.query(), window.tokens.diagnose(), window.tokens.getSnapshot()]),
    JSON.stringify(performance.getEntriesByType('resource')),
  ])
}

test('P-055 P-068 no token leaves a page but in the body of a request, and those that are asked for', async () => {
  const seen: string[] = []
  const [one, other] = [await openWatched(seen), await openWatched(seen)]
  await signInOn(one, served.server, 60)
  await until(async () => (await statusOn(other)) === 'active')
  const body = { error: 'server_error', error_description: `lost ${await tokenOn(one)}` }
  served.server.failNext({ type: 'error-after-commit', body }, { type: 'truncate', bytes: 100 })
  await one.evaluate(() => window.tokens.renew())
  await one.evaluate(() => window.tokens.setTokens({ id_token: 'eyJ', access_token: 'access.7.x' }).catch(console.log))
  const token = await tokenOn(other)
  seen.push(...(await sights(one)), ...(await sights(other)))
  await other.evaluate(() => window.tokens.signOut())
  await until(async () => (await statusOn(one)) === 'signed_out')
  seen.push(...(await sights(one)), ...(await sights(other)))

  const text = seen.join('\n')
  const names = ['"renewed"', '"signedOut"', 'server_error', '"durability"', `evergrant ${served.server.issuer}`]
  expect(names.filter((name) => !text.includes(name))).toEqual([])
  expect(anyToken.test(token)).toBe(true)
  expect(seen.filter((sight) => anyToken.test(sight))).toEqual([])
  await one.evaluate((token) => console.log(token), token)
  await until(() => seen.some((sight) => anyToken.test(sight)))
})
