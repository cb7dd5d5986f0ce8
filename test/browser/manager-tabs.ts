import type { AuthorizationServer } from '../../src/testing.js'
import type { Engine, Tab } from '../support/engines/engine.js'
import type { PageServer } from '../support/page.js'
import type { ManagerPage } from './manager-page.js'

declare const window: Window & ManagerPage

/** The address of `manager-page.ts`. A passive page renews only when it is asked for a token. */
export function addressOf(pages: PageServer, server: AuthorizationServer, how?: 'passive'): string {
  return `${pages.url}?issuer=${encodeURIComponent(server.issuer)}${how ? `&${how}` : ''}`
}

/** Opens so many tabs at once. */
export function openTabs(engine: Engine, url: string, count: number): Promise<Tab[]> {
  return Promise.all(Array.from({ length: count }, () => engine.openTab(url)))
}

/** Signs alice in on a tab, so many seconds ago. */
export async function signInOn(tab: Tab, server: AuthorizationServer, secondsAgo = 0): Promise<void> {
  const response = await server.signIn({ scope: 'openid offline_access' })
  const receivedAt = Date.now() - secondsAgo * 1000
  await tab.evaluate(
    async (response, receivedAt) => void (await window.tokens.setTokens(response, { receivedAt })),
    response,
    receivedAt,
  )
}

export function tokenOn(tab: Tab): Promise<string> {
  return tab.evaluate(() => window.tokens.getAccessToken())
}

export function statusOn(tab: Tab): Promise<string> {
  return tab.evaluate(() => window.tokens.getSnapshot().status)
}
