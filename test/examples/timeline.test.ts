import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { defineTimeline } from '../../src/timeline.js'
import type { TimelinePage } from './timeline-page.js'
import { axisOf, button, eventually, tokensIn, useTimeline } from './timeline-world.js'

declare const window: Window & TimelinePage

const { context, open, pages, serve, server, signIn, stop } = useTimeline()

function events(page: Page): Promise<string[]> {
  return page.locator('.events li .title').allInnerTexts()
}

function labels(page: Page): Promise<string[]> {
  return page.locator('.label:not(.session)').allInnerTexts()
}

test('defines nothing where there is no page', () => {
  expect(() => defineTimeline()).not.toThrow()
})

describe('the timeline', () => {
  test('holds no token, and tells other tabs none', async () => {
    await serve()
    const [page, other] = [await open('passive'), await open('passive')]
    const secrets = await signIn(page, 60)
    const answer = page.waitForResponse(/\/token$/)
    await button(page, 'Force a renewal').click()
    secrets.push(...tokensIn((await (await answer).json()) as object))
    await eventually(() => events(other)).toContain('Renewed by tab 1')
    await page.getByRole('meter', { name: 'ID token' }).waitFor()
    expect(secrets.length).toBeGreaterThan(4)
    const texts = [page, other].map((tab) => tab.evaluate(() => [window.content(), ...window.overheard].join()))
    for (const text of await Promise.all(texts)) {
      expect(text).toContain('renewed')
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
    }
  })

  test('causes no request by looking, also when a renewal is due or over', async () => {
    await serve(6)
    const page = await open('passive')
    await signIn(page, 2)
    await page.getByText('expired').waitFor()
    expect(server().tokenRequests).toBe(0)
  })

  test('counts down each token, for a screen reader too', async () => {
    await serve()
    const page = await open()
    await signIn(page)
    const meter = page.getByRole('meter', { name: 'Access token' })
    const secondsLeft = async (): Promise<number> => Number(await meter.getAttribute('aria-valuenow'))
    await meter.waitFor()
    expect(Number(await meter.getAttribute('aria-valuemax'))).toBeCloseTo(600, -1)
    expect(await meter.getAttribute('aria-valuetext')).toMatch(/^(10 min|9 min 5\d s) left of (10 min|9 min 5\d s)$/)
    expect(await page.locator('.bars').ariaSnapshot()).not.toContain('text:')
    const before = await secondsLeft()
    await eventually(secondsLeft).toBeLessThan(before)
    await page.getByRole('img', { name: 'Refresh token: no end known' }).waitFor()
    await page.evaluate(() => window.tokens.signOut())
    await page.getByRole('img', { name: 'Access token: none' }).waitFor()
  })

  test('says that a token has expired which was found so while the server is down', async () => {
    await serve()
    stop()
    const page = await open('passive')
    await signIn(page, 700)
    await page.close()
    const found = await open()
    const meter = found.getByRole('meter', { name: 'Access token' })
    await meter.waitFor()
    expect(await found.locator('.segment').count()).toBe(0)
    expect(await meter.getAttribute('aria-valuetext')).toBe('expired')
    expect(await meter.getAttribute('aria-valuenow')).toBe('0')
    expect(Number(await meter.getAttribute('aria-valuemax'))).toBeGreaterThan(0)
  })

  test('shows when the refresh token ends by whichever name the server has for it, also in a page that finds it', async () => {
    await serve()
    const page = await open()
    await signIn(page, 100, { x_refresh_token_expires_in: 3600 })
    for (const tab of [page, await open()]) {
      const meter = tab.getByRole('meter', { name: 'Refresh token' })
      await meter.waitFor()
      expect(Number(await meter.getAttribute('aria-valuenow'))).toBeCloseTo(3500, -2)
    }
  })

  test('shows a renewal in the lane of the tab that made it, in every tab, and still after a reload', async () => {
    await serve()
    const page = await open('passive')
    await eventually(() => labels(page)).toEqual([expect.stringMatching(/^Tab 1\s*this tab$/)])
    const other = await open('passive')
    await eventually(async () => (await labels(other)).length).toBe(2)
    await signIn(page, 60)
    await button(other, 'Force a renewal').click()
    await eventually(() => axisOf(other)).toBe('Renewals in the last 1 h: 1. Tab 1: none. Tab 2, this tab: 1.')
    await eventually(() => axisOf(page)).toBe('Renewals in the last 1 h: 1. Tab 1, this tab: none. Tab 2: 1.')
    await page.reload()
    await eventually(() => axisOf(page)).toBe('Renewals in the last 1 h: 1. Tab 1, this tab: none. Tab 2: 1.')
    await other.close()
    await eventually(() => labels(page)).toContainEqual(expect.stringMatching(/^Tab 2\s*closed$/))
  })

  test('gives every tab a name of its own, a copy of a tab too', async () => {
    await serve()
    const page = await open()
    await eventually(async () => (await labels(page)).join()).toContain('Tab 1')
    const opened = page.context().waitForEvent('page')
    await button(page, 'Open a tab').click()
    await (await opened).getByText('this tab').waitFor()
    await eventually(async () => (await labels(page)).join()).toContain('Tab 2')
    await page.reload()
    await page.getByText('this tab').waitFor()
    await page.evaluate(() => void window.open(location.href))
    await eventually(async () => (await labels(page)).join()).toMatch(/Tab 1\s*this tab,Tab 2\s*,Tab 3/)
  })

  test('cuts and restores the network of the application', async () => {
    await serve()
    const page = await open()
    await page.evaluate(() => window.giveNetwork())
    await button(page, 'Cut the network').click()
    await page.getByText('cut off').waitFor()
    await button(page, 'Restore the network').click()
    await button(page, 'Cut the network').waitFor()
    expect(await page.evaluate(() => [window.networkEvents, window.networkCalls])).toEqual([
      [false, true],
      [false, true],
    ])
    expect(await events(page)).toEqual(['Network restored', 'Network cut'])
  })

  test('has no button that cuts the network where it was given none', async () => {
    await serve()
    const page = await open()
    await button(page, 'Force a renewal').waitFor()
    expect(await button(page, 'Cut the network').count()).toBe(0)
    await page.evaluate(() => window.giveNetwork())
    await button(page, 'Cut the network').waitFor()
    await page.evaluate(() => (window.timeline.network = undefined))
    await button(page, 'Cut the network').waitFor({ state: 'hidden' })
  })

  test('F-049 says why a forced renewal has renewed nothing', async () => {
    await serve()
    const page = await open('passive')
    await signIn(page)
    await button(page, 'Force a renewal').click()
    await eventually(() => events(page)).toEqual(['Nothing to renew', 'Signed in'])
    expect(server().tokenRequests).toBe(0)
  })

  test('tells a screen reader of the same thing as often as it happens', async () => {
    await serve()
    const page = await open('passive')
    await signIn(page)
    await eventually(() => events(page)).toEqual(['Signed in'])
    for (const times of [1, 2, 3]) {
      await button(page, 'Force a renewal').click()
      await eventually(async () => (await events(page)).length).toBe(1 + times)
    }
    const said = await page.evaluate(() => window.announcements)
    expect(said.map((text) => text.trim())).toEqual(['Signed in', ...Array<string>(3).fill('Nothing to renew')])
    expect(said.filter((text, index) => text === said[index - 1])).toEqual([])
  })

  test('leaves the focus on a button that has nothing left to do, and such a button does nothing', async () => {
    await serve()
    const page = await open('passive')
    await signIn(page)
    const focused = (): Promise<string | null | undefined> =>
      page.evaluate(() => window.timeline.shadowRoot?.activeElement?.textContent)
    await page.locator('.status', { hasText: 'Active' }).waitFor()
    await button(page, 'Sign out').press('Enter')
    await page.locator('.status', { hasText: 'Signed out' }).waitFor()
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
    expect(await focused()).toBe('Sign out')
    expect(await button(page, 'Sign out').isDisabled()).toBe(true)
    await button(page, 'Force a renewal').press('Enter')
    expect(await focused()).toBe('Force a renewal')
    await signIn(page)
    await eventually(() => events(page)).toEqual(['Signed in', 'Signed out', 'Signed in'])
    expect(await button(page, 'Sign out').isEnabled()).toBe(true)
  })

  test('works on a page that is no secure context, as in a network at home', async () => {
    await serve()
    const page = await context().newPage()
    await page.route('http://app.example/**', async (route) => {
      const { pathname } = new URL(route.request().url())
      await route.fulfill({ response: await route.fetch({ url: new URL(pathname, pages().url).href }) })
    })
    await page.goto(`http://app.example/?issuer=${encodeURIComponent(server().issuer)}`)
    expect(await page.evaluate(() => isSecureContext)).toBe(false)
    await eventually(() => labels(page)).toEqual([expect.stringMatching(/^Tab 1\s*this tab$/)])
  })

  test('stops when it is removed, and goes on when it is put back', async () => {
    await serve()
    const [page, other] = [await open(), await open()]
    await eventually(async () => (await labels(other)).length).toBe(2)
    await page.evaluate(() => window.timeline.remove())
    await eventually(() => labels(other)).toContainEqual(expect.stringMatching(/^Tab 1\s*closed$/))
    await signIn(page)
    expect(await page.evaluate(() => window.content())).not.toContain('Signed in')
    await page.evaluate(() => document.body.append(window.timeline))
    await page.locator('.status', { hasText: 'Active' }).waitFor()
    await eventually(() => labels(other)).not.toContainEqual(expect.stringMatching(/closed/))
  })
})
