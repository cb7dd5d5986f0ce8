import type { BrowserContext, Page } from 'playwright-core'
import type { AuthorizationServer } from '../../src/testing.js'
import type { PageServer } from '../support/page.js'
import type { ManagerPage } from './manager-page.js'

declare const window: Window & ManagerPage

/** Opens a tab that runs `manager-page.ts`. A passive one renews only when it is asked for a token. */
export async function openTab(
  context: BrowserContext,
  pages: PageServer,
  server: AuthorizationServer,
  how?: 'passive',
): Promise<Page> {
  const tab = await context.newPage()
  await tab.goto(`${pages.url}?issuer=${encodeURIComponent(server.issuer)}${how ? `&${how}` : ''}`)
  return tab
}

/** Signs alice in on a tab, so many seconds ago. */
export async function signInOn(tab: Page, server: AuthorizationServer, secondsAgo = 0): Promise<void> {
  const response = await server.signIn({ scope: 'openid offline_access' })
  await tab.evaluate(({ response, receivedAt }) => window.tokens.setTokens(response, { receivedAt }), {
    response,
    receivedAt: Date.now() - secondsAgo * 1000,
  })
}

export function tokenOn(tab: Page): Promise<string> {
  return tab.evaluate(() => window.tokens.getAccessToken())
}

export function statusOn(tab: Page): Promise<string> {
  return tab.evaluate(() => window.tokens.getSnapshot().status)
}
