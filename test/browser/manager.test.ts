import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { AuthorizationServer, AuthorizationServerOptions } from '../../src/testing.js'
import { engineNames, type Tab } from '../support/engines/engine.js'
import { useEngine } from '../support/engines/use-engine.js'
import { servePage, type PageServer } from '../support/page.js'
import type { Call, ManagerPage } from './manager-page.js'
import { serveAuthorizationServer, until, type ServedAuthorizationServer } from './manager-server.js'
import { addressOf, signInOn, statusOn, tokenOn } from './manager-tabs.js'

declare const window: Window & ManagerPage

let pages: PageServer
let served: ServedAuthorizationServer
let server: AuthorizationServer
let tabs: Tab[] = []

/** Longer than a page needs to begin what it wants to. */
const quietMs = 1000

beforeAll(async () => {
  pages = await servePage(new URL('./manager-page.ts', import.meta.url))
})

afterAll(() => pages?.close())

afterEach(async () => {
  for (const tab of tabs) await tab.close()
  tabs = []
  served?.close()
})

/** Serves an authorization server of its own to a test, so that its session is its own too. */
async function serve(options: AuthorizationServerOptions): Promise<void> {
  served = await serveAuthorizationServer(options)
  server = served.server
}

/** The code of the error with which asking for a token fails on a tab. */
function failureOn(tab: Tab): Promise<string | undefined> {
  return tab.evaluate(() =>
    window.tokens.getAccessToken().then(
      () => undefined,
      (error: { code: string }) => error.code,
    ),
  )
}

describe.each(engineNames)('in %s', (name) => {
  const engine = useEngine(name)

  async function open(how?: 'passive'): Promise<Tab> {
    const tab = await engine().openTab(addressOf(pages, server, how))
    tabs.push(tab)
    return tab
  }

  describe('six tabs with one session', () => {
    const accessTokenSeconds = 3
    /** A token is due when a quarter of its life is left, or a little earlier to spread the load: see `countLifetime`. */
    const soonestMs = accessTokenSeconds * 1000 * (1 - 0.25 * 1.2)
    /** How much longer one request may be on its way than the next. */
    const arrivalToleranceMs = 500
    const lifetimes = 4

    /** What a tab has seen so far, all at one moment. */
    const look = (tab: Tab): Promise<{ generation: number; events: string[]; failures: string[]; calls: Call[] }> =>
      tab.evaluate(() => {
        const { events, failures, calls, tokens } = window
        const { generation = -1 } = tokens.getSnapshot() as { generation?: number }
        return { generation, events, failures, calls: [...calls.values()] }
      })

    test('P-061 make one request per lifetime under strict rotation, and every call gets a token that lives', async () => {
      await serve({ rotation: 'strict', accessTokenSeconds })
      await Promise.all(Array.from({ length: 6 }, () => open()))
      await signInOn(tabs[0] as Tab, server)
      for (const tab of tabs) await until(async () => (await statusOn(tab)) === 'active')
      await Promise.all(tabs.map((tab) => tab.evaluate(() => window.keepAsking())))
      let seen: Awaited<ReturnType<typeof look>>[] = []
      await until(async () => {
        seen = await Promise.all(tabs.map(look))
        const newest = server.redemptions.length
        return newest >= lifetimes && seen.every(({ generation }) => generation === newest)
      })

      const renewals = server.redemptions.length
      const gaps = served.arrivals.slice(1).map((at, index) => at - (served.arrivals[index] ?? 0))
      const events = seen.map(({ events }) => events.filter((event) => event !== 'adopted'))
      const calls = seen.flatMap(({ calls }) => calls)
      expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(Array(renewals).fill('accepted'))
      expect(server.tokenRequests).toBe(renewals)
      expect(Math.min(...gaps)).toBeGreaterThan(soonestMs - arrivalToleranceMs)
      expect(seen.flatMap(({ failures }) => failures)).toEqual([])
      expect(calls.filter(({ token, calledAt }) => calledAt >= (server.inspect(token)?.expiresAt ?? 0))).toEqual([])
      expect(events.map((own) => own.length)).toEqual(Array(6).fill(renewals))
      expect(events.flat().filter((event) => event === 'renewed here')).toHaveLength(renewals)
    })
  })

  describe('a session in IndexedDB', () => {
    test('outlives a reload, with who it is of, without a request', async () => {
      await serve({})
      const tab = await open()
      await signInOn(tab, server)
      const token = await tokenOn(tab)
      await tab.reload()
      expect(await tokenOn(tab)).toBe(token)
      expect(await tab.evaluate(() => window.tokens.getSnapshot())).toMatchObject({
        status: 'active',
        identity: { iss: server.issuer, sub: 'alice' },
      })
      expect(server.tokenRequests).toBe(0)
    })

    test.each([
      ['renews in the background', undefined],
      ['renews only when it is asked to', 'passive'],
    ] as const)(
      'that has expired is renewed before its first token is given, by a page that %s',
      async (_kind, how) => {
        await serve({ accessTokenSeconds: 600 })
        const first = await open('passive')
        await signInOn(first, server, 3600)
        await first.close()
        const token = await tokenOn(await open(how))
        expect(server.inspect(token)).toMatchObject({ kind: 'access', isUsable: true })
        expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
      },
    )
  })

  describe('a tab that is closed while it renews', () => {
    test('loses nothing when the server has a grace period: another tab finishes its work', async () => {
      await serve({ rotation: { graceSeconds: 30 }, accessTokenSeconds: 600 })
      const [closing, other] = [await open(), await open()]
      await signInOn(closing, server, 300)
      await until(async () => (await statusOn(other)) === 'active')
      await other.evaluate(() => window.keepAsking())
      server.failNext({ type: 'delay', responseMs: 5000 })
      void closing.evaluate(() => void window.tokens.renew())
      await until(() => server.redemptions.length === 1)
      await closing.close()
      await until(() => other.evaluate(() => window.events.includes('renewed here')))
      expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted', 'repeated'])
      expect(server.inspect(await tokenOn(other))?.isUsable).toBe(true)
      expect(await other.evaluate(() => window.failures)).toEqual([])
    })
  })

  describe('a sign-out', () => {
    test('P-068 in one tab signs out all of them, and an answer that comes later brings nothing back', async () => {
      await serve({ rotation: { graceSeconds: 30 } })
      const [renewing, leaving, watching] = [await open(), await open(), await open()]
      await signInOn(renewing, server, 60)
      for (const tab of [leaving, watching]) await until(async () => (await statusOn(tab)) === 'active')
      server.failNext({ type: 'delay', responseMs: 1500 })
      const renewal = renewing.evaluate(() => window.tokens.renew().catch((error: { code: string }) => error.code))
      await until(() => server.redemptions.length === 1)
      await leaving.evaluate(() => window.tokens.signOut())
      for (const tab of [renewing, leaving, watching]) await until(async () => (await statusOn(tab)) === 'signed_out')
      expect(await renewal).toBe('login_required')
      await watching.reload()
      for (const tab of [renewing, leaving, watching, await open()]) {
        expect(await failureOn(tab)).toBe('login_required')
        expect(await statusOn(tab)).toBe('signed_out')
      }
      expect(await leaving.evaluate(() => window.events)).toEqual(['adopted', 'signedOut'])
    })

    test('is followed by the next sign-in in all tabs', async () => {
      await serve({})
      const [one, other] = [await open(), await open()]
      await signInOn(one, server)
      await one.evaluate(() => window.tokens.signOut())
      await signInOn(other, server)
      await until(async () => (await statusOn(one)) === 'active')
      expect(await tokenOn(one)).toBe(await tokenOn(other))
    })
  })

  test('P-092 P-097 a hidden page leaves a token that is over alone, and renews it by itself when it is shown', async () => {
    await serve({ accessTokenSeconds: 600 })
    const tab = await open()
    await tab.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { get: () => 'hidden', configurable: true })
    })
    await signInOn(tab, server, 3600)
    await sleep(quietMs)
    expect(server.tokenRequests).toBe(0)
    await tab.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { get: () => 'visible' })
      document.dispatchEvent(new Event('visibilitychange'))
    })
    await until(() => tab.evaluate(() => window.events.includes('renewed here')))
    expect(server.tokenRequests).toBe(1)
  })

  test('an authorization server within the page does for a manager there, lost answers included', async () => {
    await serve({})
    const tab = await open()
    expect(await tab.evaluate(() => window.renewWithin())).toEqual({
      isUsable: true,
      outcomes: ['accepted', 'repeated'],
    })
  })
})
