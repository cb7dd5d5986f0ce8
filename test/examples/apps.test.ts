import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startApps, type Apps } from '../../examples/demo/apps.js'
import { launch, signIn } from '../../examples/demo/user.js'
import { findEngine, requireEngine } from '../support/engines/launch.js'
import { barriers } from './axe.js'

/** So short that a renewal comes while one waits for it. */
const accessTokenSeconds = 8
const patienceMs = 15_000

let apps: Apps
let browser: Browser | undefined
let context: BrowserContext

beforeAll(async () => {
  const chromium = findEngine('chromium')
  browser = chromium === undefined ? undefined : await launch(chromium)
  apps = await startApps({ accessTokenSeconds })
})

afterAll(async () => {
  await browser?.close()
  await apps?.close()
})

beforeEach(async (test) => {
  requireEngine(test, 'chromium')
  context = await (browser as Browser).newContext()
  context.setDefaultTimeout(patienceMs)
})

afterEach(() => context?.close())

async function open(url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** The buttons of the timeline, among which the application has one of the same name. */
function press(page: Page, name: string): Promise<void> {
  return page.locator('evergrant-timeline').getByRole('button', { name }).click()
}

function eventually<T>(read: () => Promise<T>) {
  return expect.poll(read, { timeout: patienceMs })
}

function sees(page: Page, text: string | RegExp): Promise<void> {
  return page.getByText(text).first().waitFor()
}

function answer(page: Page): Promise<string> {
  return page.locator('output').innerText()
}

/** Fills in the form of the server, on which the page is. */
async function signInAs(name: string, page: Page): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Continue' }).click()
  await sees(page, `${name}@example.com`)
}

function isAlive(page: Page): Promise<void> {
  return page.locator('evergrant-timeline .status', { hasText: 'Active' }).waitFor()
}

describe.each(['spa', 'react'] as const)('examples/%s', (name) => {
  test('F-041 signs in, calls its API, shows renewals of two tabs, and signs out in both', async () => {
    const page = await open(apps.urls[name])
    await sees(page, 'Sign in once.')
    expect(await barriers(page)).toEqual([])
    await signIn(page)
    expect(page.url()).toBe(apps.urls[name])
    expect(await answer(page)).toMatch(/^GET \/me → 200/)

    const other = await open(apps.urls[name])
    await sees(other, 'alice@example.com')
    await sees(page, /^Renewed by (?:this tab|tab 2)$/)
    await sees(other, /^Renewed by (?:this tab|tab 1)$/)
    await page
      .getByRole('img', { name: /^Renewals in the last 2 min: \d+\. Tab 1, this tab: \w+\. Tab 2: \w+\.$/ })
      .waitFor()
    expect(await barriers(page)).toEqual([])

    const wayBack = page.waitForRequest(/\/callback\?/)
    await page.locator('header.top').getByRole('button', { name: 'Sign out' }).click()
    await wayBack
    await sees(page, 'Sign in once.')
    await sees(other, 'Sign in once.')
    expect(page.url()).toBe(apps.urls[name])
    await sees(other, 'Signed out')
    expect(await barriers(other)).toEqual([])
  }, 90_000)

  test('keeps its session while the network is cut for longer than an access token lives', async () => {
    const page = await open(apps.urls[name])
    await signIn(page)
    await press(page, 'Cut the network')
    await sees(page, 'expired')
    expect(await barriers(page)).toEqual([])
    await isAlive(page)
    await press(page, 'Restore the network')
    await sees(page, 'Renewed by this tab')
    await page.getByRole('button', { name: 'Call the API' }).click()
    await eventually(() => answer(page)).toMatch(/^GET \/me → 200/)
    await press(page, 'Sign out')
    await sees(page, 'Sign in once.')
  }, 90_000)

  test('shows nothing of one user to the next, who signs in in another tab', async () => {
    const page = await open(apps.urls[name])
    const other = await open(apps.urls[name])
    await other.getByRole('button', { name: 'Sign in' }).click()
    const form = other.getByRole('button', { name: 'Continue' })
    await form.waitFor()
    await signIn(page)
    await page.route('**/me', (route) => route.abort())
    await signInAs('bob', other)
    await eventually(() => page.getByText('Alice').count()).toBe(0)
    await eventually(() => page.getByText('alice@example.com').count()).toBe(0)
    await page.unroute('**/me')
    await page.getByRole('button', { name: 'Call the API' }).click()
    await sees(page, 'bob@example.com')
  }, 60_000)

  test('shows the user who is signed in, also when the answer about the last one comes late', async () => {
    const page = await open(apps.urls[name])
    const other = await open(apps.urls[name])
    await other.getByRole('button', { name: 'Sign in' }).click()
    await other.getByRole('button', { name: 'Continue' }).waitFor()
    let giveLateAnswer: (() => Promise<void>) | undefined
    await page.route('**/me', async (route) => {
      const response = await route.fetch()
      const isAboutAlice = (await response.text()).includes('Alice')
      if (isAboutAlice) giveLateAnswer = () => route.fulfill({ response })
      else await route.fulfill({ response })
    })
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Continue' }).click()
    await eventually(async () => giveLateAnswer).toBeDefined()
    await signInAs('bob', other)
    await sees(page, 'bob@example.com')
    const late = page.waitForResponse('**/me')
    await giveLateAnswer?.()
    await (await late).finished()
    await page.evaluate(() => new Promise(requestAnimationFrame))
    expect(await page.getByText('alice@example.com').count()).toBe(0)
    await sees(page, 'bob@example.com')
  }, 60_000)

  test('says that a session has ended until there is another one, from another tab too', async () => {
    const page = await open(apps.urls[name])
    const other = await open(apps.urls[name])
    await signIn(page)
    await context.route('**/token', (route) =>
      route.fulfill({
        status: 400,
        headers: { 'access-control-allow-origin': '*' },
        json: { error: 'invalid_grant' },
      }),
    )
    for (const tab of [page, other]) await tab.getByRole('alert').getByText('Your session has ended').waitFor()
    await context.unroute('**/token')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await sees(other, 'alice@example.com')
    expect(await other.getByText('Your session has ended').count()).toBe(0)
  }, 60_000)

  test('says so when the user cancels the sign-in', async () => {
    const page = await open(apps.urls[name])
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('alert').getByText('access_denied').waitFor()
    expect(page.url()).toBe(apps.urls[name])
    expect(await barriers(page)).toEqual([])
  }, 60_000)
})
