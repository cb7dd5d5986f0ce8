import { createServer, type Server } from 'node:http'
import type { BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { createAuthorizationServer, nodeListener, type AuthorizationServer } from '../../src/testing.js'
import { useChromium } from '../support/engines/use-engine.js'
import { listen } from '../support/listen.js'
import { servePage, type PageServer } from '../support/page.js'
import type { TimelinePage } from './timeline-page.js'

declare const window: Window & TimelinePage

const patienceMs = 10_000

/** Pages with a timeline, in Chromium, and an authorization server for them. */
export interface TimelineWorld {
  context(): BrowserContext
  pages(): PageServer
  server(): AuthorizationServer
  /** Serves an authorization server of its own to a test, so that its session is its own too. */
  serve(accessTokenSeconds?: number): Promise<void>
  /** Takes the authorization server down. */
  stop(): void
  /** Opens a tab. A passive one does not renew by itself; another application of the same origin has a key of its own. */
  open(how?: 'passive', key?: string): Promise<Page>
  /** Signs alice in on a tab, so many seconds ago, with more that the server says. Resolves to the tokens. */
  signIn(page: Page, secondsAgo?: number, more?: object): Promise<string[]>
}

/** Gives a file of tests its pages. To be called where it begins. */
export function useTimeline(): TimelineWorld {
  const chromium = useChromium()
  let pages: PageServer
  let http: Server | undefined
  let server: AuthorizationServer
  const stop = (): void => {
    http?.closeAllConnections()
    http?.close()
  }
  beforeAll(async () => {
    pages = await servePage(new URL('./timeline-page.ts', import.meta.url))
  })
  afterAll(() => pages?.close())
  afterEach(async () => {
    for (const page of chromium().context.pages()) await page.close()
    stop()
  })
  return {
    context: () => chromium().context,
    pages: () => pages,
    server: () => server,
    async serve(accessTokenSeconds = 600) {
      http = createServer((incoming, outgoing) => nodeListener(server.handle)(incoming, outgoing))
      server = createAuthorizationServer({ issuer: `http://localhost:${await listen(http)}`, accessTokenSeconds })
    },
    stop,
    async open(how, key) {
      const page = await chromium().context.newPage()
      page.setDefaultTimeout(patienceMs)
      const query = `${how ? `&${how}` : ''}${key ? `&key=${key}` : ''}`
      await page.goto(`${pages.url}?issuer=${encodeURIComponent(server.issuer)}${query}`)
      return page
    },
    async signIn(page, secondsAgo = 0, more = {}) {
      const response = { ...(await server.signIn({ scope: 'openid offline_access' })), ...more }
      const receivedAt = Date.now() - secondsAgo * 1000
      await page.evaluate(({ response, receivedAt }) => window.tokens.setTokens(response, { receivedAt }), {
        response,
        receivedAt,
      })
      return tokensIn(response)
    },
  }
}

export function tokensIn(response: object): string[] {
  return Object.entries(response).flatMap(([name, value]) => (/_token$/.test(name) ? [String(value)] : []))
}

/** What a page shows when it has had time for it. */
export function eventually<T>(read: () => Promise<T>) {
  return expect.poll(read, { timeout: patienceMs })
}

export function button(page: Page, name: string): Locator {
  return page.getByRole('button', { name })
}

/** What a screen reader says of the axis. */
export function axisOf(page: Page): Promise<string | null> {
  return page.getByRole('img', { name: /^Renewals/ }).getAttribute('aria-label')
}
