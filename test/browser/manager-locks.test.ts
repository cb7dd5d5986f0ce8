import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { engineNames, type Tab } from '../support/engines/engine.js'
import { useChromium, useEngine } from '../support/engines/use-engine.js'
import { servePage, type PageServer } from '../support/page.js'
import type { ManagerPage } from './manager-page.js'
import { serveAuthorizationServer, until, type ServedAuthorizationServer } from './manager-server.js'
import { addressOf, openTabs, signInOn, statusOn } from './manager-tabs.js'

declare const window: Window & ManagerPage

const secondMs = 1000

let pages: PageServer
let served: ServedAuthorizationServer
let [one, other] = [] as unknown as [Tab, Tab]

beforeAll(async () => {
  pages = await servePage(new URL('./manager-page.ts', import.meta.url))
})

afterAll(() => pages?.close())

/** Renews on a page; resolves to how many milliseconds that took. */
async function renewOn(tab: Tab): Promise<number> {
  const startedAt = performance.now()
  const token = await tab.evaluate(() => window.tokens.renew().then(({ accessToken }) => accessToken))
  expect(served.server.inspect(token)?.isUsable).toBe(true)
  return performance.now() - startedAt
}

/** Leaves a page for another one, so that it goes into the cache. */
async function leave(tab: Tab): Promise<void> {
  await tab.goto(`${pages.url}elsewhere`)
}

/** Goes back to a page; resolves to why Chromium has thrown it out of the cache. The other engines do not tell. */
async function comeBack(tab: Tab): Promise<string[] | undefined> {
  await tab.back()
  // A page that was not kept is loaded anew, and its program with it.
  await until(() => tab.evaluate(() => 'tokens' in window))
  return tab.evaluate(() => {
    const [navigation] = performance.getEntriesByType('navigation')
    const { notRestoredReasons } = navigation as unknown as { notRestoredReasons?: { reasons: { reason: string }[] } }
    return notRestoredReasons?.reasons.map(({ reason }) => reason)
  })
}

/** Takes the lock of the session on a page and never gives it back. */
function holdLock(tab: Tab): Promise<void> {
  return tab.evaluate(
    (name) =>
      new Promise<void>((resolve) => {
        void navigator.locks.request(name, () => {
          resolve()
          return new Promise(() => undefined)
        })
      }),
    `evergrant ${served.server.issuer} client default`,
  )
}

/** Waits until a page has asked for a lock that another one holds. */
function untilQueued(): Promise<void> {
  return until(() => other.evaluate(async () => (await navigator.locks.query()).pending?.length === 1))
}

describe.each(engineNames)('in %s', (name) => {
  const engine = name === 'chromium' ? useChromium({ backForwardCache: true }) : useEngine(name)
  const contention = name === 'chromium' ? ['weblocks-contention'] : undefined

  beforeEach(async () => {
    served = await serveAuthorizationServer({ rotation: { graceSeconds: 30 }, accessTokenSeconds: 600 })
    ;[one, other] = (await openTabs(engine(), addressOf(pages, served.server), 2)) as [Tab, Tab]
    await signInOn(one, served.server, 60)
    await until(async () => (await statusOn(other)) === 'active')
  })

  afterEach(async () => {
    await one?.close()
    await other?.close()
    served?.close()
  })

  describe('a renewal that waits for a lock', () => {
    test('of a page in the back/forward cache waits little more than a second', async () => {
      await holdLock(one)
      const waiting = renewOn(other)
      await untilQueued()
      await leave(one)
      expect(await waiting).toBeLessThan(4 * secondMs)
      expect(await comeBack(one)).toEqual(contention)
    })

    test('of a page that was renewing when it went there is done before its caller gives up', async () => {
      served.server.failNext({ type: 'delay', responseMs: 60_000 })
      await one.evaluate(() => void window.tokens.renew().catch(() => undefined))
      await until(() => served.server.redemptions.length === 1)
      const waiting = renewOn(other)
      await untilQueued()
      await leave(one)
      expect(await waiting).toBeLessThan(10 * secondMs)
      expect(served.server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted', 'repeated'])
      expect(await comeBack(one)).toEqual(contention)
      // It does not wait for the lock, which would take two seconds.
      expect(await renewOn(one)).toBeLessThan(1.9 * secondMs)
      expect(served.server.tokenRequests).toBe(2)
    })

    test('P-065 that is never given back goes on without it after two seconds', async () => {
      await holdLock(one)
      expect(await renewOn(other)).toBeLessThan(4 * secondMs)
    })
  })

  describe('a page that was in the back/forward cache', () => {
    test('goes on with its session', async () => {
      // Playwright loses sight of a page that comes back out of the cache, so it tells another page how it is.
      await one.evaluate(() => {
        const tell = (outcome: string): void => localStorage.setItem('outcome', outcome)
        addEventListener('pageshow', ({ persisted }) => {
          if (persisted)
            void window.tokens
              .renew()
              .then(() => 'renewed', String)
              .then(tell)
        })
      })
      await leave(one)
      await one.evaluate(() => void setTimeout(() => history.back()))
      await until(() => other.evaluate(() => localStorage.getItem('outcome') !== null))
      expect(await other.evaluate(() => localStorage.getItem('outcome'))).toBe('renewed')
      expect(served.server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
    })

    test('has heard of the sign-out of another tab', async () => {
      await leave(one)
      await other.evaluate(() => window.tokens.signOut())
      await comeBack(one)
      await until(async () => (await statusOn(one)) === 'signed_out')
    })
  })
})
