import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { engineNames, type Tab } from '../support/engines/engine.js'
import { useEngine } from '../support/engines/use-engine.js'
import { servePage, type PageServer } from '../support/page.js'
import type { FetchPage } from './fetch-page.js'
import { serveApi, type ApiServer } from './fetch-server.js'
import { until } from './manager-server.js'

declare const window: Window & FetchPage

let pages: PageServer
let api: ApiServer
/** An origin to which no token may go. */
let other: ApiServer
let tab: Tab

beforeAll(async () => {
  pages = await servePage(new URL('./fetch-page.ts', import.meta.url))
})

afterAll(() => pages?.close())

describe.each(engineNames)('tokens.fetch in %s', (name) => {
  const engine = useEngine(name)

  beforeEach(async () => {
    api = await serveApi()
    other = await serveApi()
    tab = await engine().openTab(`${pages.url}?api=${encodeURIComponent(api.origin)}`)
  })

  afterEach(async () => {
    await tab?.close()
    api?.close()
    other?.close()
  })

  const redirect = (status: number, to: string): string =>
    `${api.origin}/redirect?${new URLSearchParams({ status: String(status), to })}`

  describe('P-136 a redirect', () => {
    const kinds = [
      [301, 'GET', 'GET', undefined],
      [302, 'POST', 'GET', 'hello'],
      [303, 'POST', 'GET', 'hello'],
      [307, 'POST', 'POST', 'hello'],
      [308, 'PUT', 'PUT', 'hello'],
    ] as const

    test.each(kinds)(
      'with %i of a %s to another origin never carries the token',
      async (status, method, next, body) => {
        const outcome = await tab.evaluate(
          (url, init) => window.call('manager', url, init),
          redirect(status, `${other.origin}/there`),
          { method, body },
        )
        expect(outcome).toEqual({ status: 200, text: 'ok' })
        expect(api.received).toMatchObject([{ method, authorization: 'Bearer token-0' }])
        expect(other.received).toMatchObject([{ method: next, path: '/there', authorization: undefined }])
        expect(other.received[0]?.body).toBe(next === 'GET' ? '' : body)
      },
    )

    test.each(kinds)('with %i of a %s within the origin carries the token', async (status, method, next, body) => {
      const outcome = await tab.evaluate(
        (url, init) => window.call('manager', url, init),
        redirect(status, `${api.origin}/there`),
        { method, body },
      )
      expect(outcome).toEqual({ status: 200, text: 'ok' })
      expect(api.received.map(({ authorization }) => authorization)).toEqual(Array(2).fill('Bearer token-0'))
      expect(api.received[1]).toMatchObject({ method: next, path: '/there', body: next === 'GET' ? '' : body })
    })

    test('to another origin and back carries no token either', async () => {
      const back = `${other.origin}/redirect?${new URLSearchParams({ status: '307', to: `${api.origin}/there` })}`
      await tab.evaluate((url) => window.call('manager', url), redirect(307, back))
      expect(other.received).toMatchObject([{ authorization: undefined }])
      expect(api.received).toMatchObject([{ path: '/redirect' }, { path: '/there', authorization: undefined }])
    })

    test('of a call that was repeated carries no token to another origin', async () => {
      const to = `${other.origin}/there`
      const url = redirect(307, `${api.origin}/refuse?${new URLSearchParams({ to })}`)
      expect(await tab.evaluate((url) => window.call('manager', url), url)).toMatchObject({ status: 200 })
      expect(api.received.map(({ authorization }) => authorization)).toEqual([
        ...Array<string>(2).fill('Bearer token-0'),
        ...Array<string>(2).fill('Bearer token-1'),
      ])
      expect(other.received).toEqual([])
    })
  })

  describe('a 401', () => {
    test('P-135 whose challenge CORS hides renews once and repeats the call', async () => {
      const outcome = await tab.evaluate((url) => window.call('manager', url), `${api.origin}/refuse`)
      expect(outcome).toEqual({ status: 200, text: 'ok' })
      expect(api.received.map(({ authorization }) => authorization)).toEqual(['Bearer token-0', 'Bearer token-1'])
    })

    test.each([
      ['hidden, is taken for an expired token', '', 2, []],
      ['exposed, is an event', '&exposed', 1, [{ acrValues: 'phr', maxAge: 60 }]],
    ])('P-134 P-135 with a demand that is %s', async (_kind, exposed, requests, expected) => {
      const demand = 'Bearer error="insufficient_user_authentication", acr_values="phr", max_age=60'
      const url = `${api.origin}/refuse?challenge=${encodeURIComponent(demand)}${exposed}`
      await tab.evaluate((url) => window.call('manager', url), url)
      expect(api.received).toHaveLength(requests)
      expect(await tab.evaluate(() => window.challenges)).toMatchObject(expected)
    })
  })
})
