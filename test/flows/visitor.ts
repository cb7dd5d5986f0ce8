import { setTimeout as sleep } from 'node:timers/promises'
import type { SignInOptions, SignOutOptions } from '../../src/browser.js'
import type { Engine, Tab } from '../support/engines/engine.js'
import type { PageServer } from '../support/page.js'
import type { Answer, App } from './app.js'

declare const window: Window & { readonly app: App }

const longestMs = 15_000
const pauseMs = 20

/** Looks again and again until there is something to be seen. Between two pages there is not. */
export async function seen<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  let problem: unknown
  for (const giveUpAt = performance.now() + longestMs; performance.now() < giveUpAt; await sleep(pauseMs)) {
    const found = await look().catch((error: unknown) => void (problem = error))
    if (found !== undefined && found !== false) return found as T
  }
  throw new Error(`${what} was never seen`, { cause: problem })
}

/** Opens the application in a tab, set up by what its redirect URI cannot hold. */
export async function openAs(engine: Engine, pages: PageServer, setup: string): Promise<Tab> {
  const tab = await engine.openTab(`${pages.url}?issuer=none`)
  await tab.evaluate((setup) => void (localStorage.setup = setup), setup)
  await tab.goto(pages.url)
  return tab
}

/** What the page in a tab came back with. */
export function answerOn(tab: Tab): Promise<Answer> {
  return seen(() => tab.evaluate(() => window.app.answer), 'an answer')
}

/** Sends the user of a tab away to sign in. */
export function leaveToSignIn(tab: Tab, options: Partial<SignInOptions> = {}): Promise<void> {
  return tab.evaluate((options) => window.app.signIn(options), options)
}

/** Signs in on a tab, at a server that asks nothing. */
export async function signIn(tab: Tab, options?: Partial<SignInOptions>): Promise<Answer> {
  await leaveToSignIn(tab, options)
  return answerOn(tab)
}

/** Signs out on a tab. */
export async function signOut(tab: Tab, options: SignOutOptions = {}): Promise<Answer> {
  await tab.evaluate((options) => window.app.signOut(options), options)
  return answerOn(tab)
}

/** Who is signed in on a tab; `nobody` when that is certain. */
export function userOn(tab: Tab): Promise<string | undefined> {
  return tab.evaluate(() => {
    const snapshot = window.app.tokens.getSnapshot()
    if (snapshot.status === 'signed_out') return 'nobody'
    return snapshot.status === 'active' ? snapshot.identity?.sub : undefined
  })
}

/** Waits until all tabs show a user. */
export async function allShow(tabs: readonly Tab[], user: string): Promise<void> {
  for (const tab of tabs) await seen(async () => (await userOn(tab)) === user, `${user} on each tab`)
}

export function tokenOn(tab: Tab): Promise<string> {
  return tab.evaluate(() => window.app.tokens.getAccessToken())
}

/** The status of a call to an API. */
export function callOn(tab: Tab, url: string): Promise<number> {
  return tab.evaluate(async (url) => (await window.app.tokens.fetch(url)).status, url)
}
