import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { TimelinePage } from './timeline-page.js'
import { axisOf, button, eventually, useTimeline } from './timeline-world.js'

declare const window: Window & TimelinePage

const { open, serve, server, signIn, stop } = useTimeline()

function labels(page: Page): Promise<string[]> {
  return page.locator('.label:not(.session)').allInnerTexts()
}

describe('the timeline, where something is out of the ordinary', () => {
  test('causes no request by looking at tokens that were over when they were handed over', async () => {
    await serve()
    const page = await open('passive')
    await signIn(page, 700)
    await page.getByText('expired').waitFor()
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)))
    expect(server().tokenRequests).toBe(0)
  })

  test('shows nothing of another session of its origin', async () => {
    await serve()
    const [page, stranger] = [await open('passive'), await open('passive', 'another')]
    for (const tab of [page, stranger]) await signIn(tab, 100)
    await button(stranger, 'Force a renewal').click()
    await eventually(() => axisOf(stranger)).toContain('1 h: 1.')
    await eventually(() => page.evaluate(() => window.overheard.join())).toContain('"generation":1')
    expect(await axisOf(page)).toMatch(/1 h: none\./)
    expect(await page.locator('.segment').allInnerTexts()).toEqual(['0'])
  })

  test('says why renewals fail, also when it comes later than the failure', async () => {
    await serve(600)
    stop()
    const page = await open('passive')
    await page.evaluate(() => window.timeline.remove())
    await signIn(page, 590)
    await page.evaluate(() => window.tokens.renew().catch(() => undefined))
    await page.evaluate(() => document.body.append(window.timeline))
    await page.locator('.status', { hasText: 'renewal fails' }).waitFor()
    expect(await page.locator('.summary').innerText()).toBe('alice · generation 0 · unavailable')
  })

  test('shows what is left after the device has slept, while which animations stand still', async () => {
    await serve(7200)
    const page = await open('passive')
    await signIn(page)
    await page.getByRole('meter', { name: 'Access token' }).waitFor()
    await page.evaluate(() => {
      const now = Date.now.bind(Date)
      Date.now = () => now() + 3_600_000
    })
    const share = (): Promise<number> =>
      page
        .locator('.fill')
        .first()
        .evaluate((fill) => fill.getBoundingClientRect().width / (fill.parentElement?.clientWidth ?? 1))
    await eventually(share).toBeCloseTo(0.5, 1)
  })

  test('moves nothing while it is removed, for what moves stays in memory', async () => {
    await serve()
    const page = await open('passive')
    await signIn(page)
    await page.getByRole('meter', { name: 'Access token' }).waitFor()
    const handle = await page.evaluateHandle(() =>
      [...(window.timeline.shadowRoot?.querySelectorAll('*') ?? [])].flatMap((part) => part.getAnimations()),
    )
    const states = (): Promise<string[]> => handle.evaluate((all) => all.map(({ playState }) => playState))
    expect(await states()).toContain('running')
    await page.evaluate(() => window.timeline.remove())
    await eventually(states).not.toContain('running')
    await page.evaluate(() => document.body.append(window.timeline))
    await eventually(() =>
      page.evaluate(() => window.timeline.shadowRoot?.querySelector('.fill')?.getAnimations().length),
    ).toBe(1)
  })

  test('has a lane for a tab that is open, however many were closed since', async () => {
    await serve()
    const [page] = [await open('passive'), await open('passive')]
    await eventually(async () => (await labels(page)).length).toBe(2)
    for (let count = 3; count <= 11; count++) {
      const passing = await open('passive')
      await passing.getByText(`Tab ${count}`).waitFor()
      await passing.close()
    }
    await eventually(async () => (await labels(page)).join()).toMatch(
      /Tab 1\s*this tab,Tab 2\s*,Tab[^]*Tab 11\s*closed$/,
    )
    expect(await axisOf(page)).toMatch(/Tab 1, this tab: none\. Tab 2: none\..*Tab 11, closed: none\.$/)
  })

  test('reads from left to right, in English, whatever the page does', async () => {
    await serve()
    const page = await open('passive')
    await page.evaluate(() => {
      document.documentElement.dir = 'rtl'
      document.documentElement.lang = 'ar'
    })
    expect(await page.locator('.panel').evaluate((panel) => getComputedStyle(panel).direction)).toBe('ltr')
    expect(await page.locator('.panel').getAttribute('lang')).toBe('en')
  })
})
