import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { engineNames, type Tab } from '../support/engines/engine.js'
import { useEngine } from '../support/engines/use-engine.js'
import { servePage, type PageServer } from '../support/page.js'
import type { FetchPage } from './fetch-page.js'
import { serveApi, type ApiServer, type Received } from './fetch-server.js'
import { until } from './manager-server.js'

declare const window: Window & FetchPage & { leaving: AbortController }

let pages: PageServer
let api: ApiServer
/** An origin to which no token may go. */
let other: ApiServer
let tab: Tab

beforeAll(async () => {
  pages = await servePage(new URL('./fetch-page.ts', import.meta.url))
})

afterAll(() => pages?.close())

const tokensAt = (server: ApiServer): unknown[] => server.received.map(({ authorization }) => authorization)
const bodiesAt = (server: ApiServer): unknown[] => server.received.map(({ body }) => body)

/** A form is written anew each time it is sent, with a boundary of its own between its fields. */
function withoutBoundary(received: Received | undefined): unknown {
  const { body = '', contentType = '' } = received ?? {}
  const boundary = /boundary=(.+)$/.exec(contentType)?.[1] ?? ''
  return [body, contentType].map((text) => text.replaceAll(boundary, '[boundary]'))
}

/** The address at an API that redirects. */
function redirect(server: ApiServer, status: number, to: string, path = '/redirect'): string {
  return `${server.origin}${path}?${new URLSearchParams({ status: String(status), to })}`
}

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

  describe('P-136 a redirect', () => {
    const kinds = [
      { status: 301, method: 'GET', next: { method: 'GET', body: '' } },
      { status: 302, method: 'POST', next: { method: 'GET', body: '' } },
      { status: 303, method: 'POST', next: { method: 'GET', body: '' } },
      { status: 307, method: 'POST', next: { method: 'POST', body: 'hello' } },
      { status: 308, method: 'PUT', next: { method: 'PUT', body: 'hello' } },
    ]

    /** Makes calls of all kinds that are redirected to `/there` at a server. */
    async function callsTo(server: ApiServer): Promise<void> {
      for (const { status, method } of kinds) {
        const init: RequestInit = { method, ...(method !== 'GET' && { body: 'hello' }) }
        const url = redirect(api, status, `${server.origin}/there`)
        const outcome = await tab.evaluate((url, init) => window.call('manager', url, init), url, init)
        expect([status, outcome]).toEqual([status, { status: 200, text: 'ok' }])
      }
    }

    test('to another origin never carries the token, whatever its status', async () => {
      await callsTo(other)
      expect(tokensAt(api)).toEqual(kinds.map(() => 'Bearer token-0'))
      expect(other.received).toMatchObject(kinds.map(({ next }) => ({ ...next, authorization: undefined })))
    })

    test('within the origin carries the token, whatever its status', async () => {
      await callsTo(api)
      const there = api.received.filter(({ path }) => path === '/there')
      expect(there).toMatchObject(kinds.map(({ next }) => ({ ...next, authorization: 'Bearer token-0' })))
    })

    test('to another origin and back carries no token either', async () => {
      const back = redirect(other, 307, `${api.origin}/there`)
      await tab.evaluate((url) => window.call('manager', url), redirect(api, 307, back))
      expect(tokensAt(other)).toEqual([undefined])
      expect(tokensAt(api)).toEqual(['Bearer token-0', undefined])
    })

    test('to another origin that refuses what comes is not followed twice', async () => {
      const url = redirect(api, 303, `${other.origin}/refuse`)
      const outcome = await tab.evaluate((url) => window.call('manager', url, { method: 'POST', body: 'hello' }), url)
      expect(outcome.status).toBe(401)
      expect([api.received.length, other.received.length]).toEqual([1, 1])
    })

    test('of a repeated call to another origin carries neither token', async () => {
      const url = redirect(api, 307, `${other.origin}/there`, '/refuse')
      await tab.evaluate((url) => window.call('manager', url, { method: 'POST', body: 'hello' }), url)
      expect(tokensAt(api)).toEqual(['Bearer token-0', 'Bearer token-1'])
      expect(other.received).toMatchObject([{ method: 'POST', body: 'hello', authorization: undefined }])
    })
  })

  describe('a 401', () => {
    test('P-135 whose challenge CORS hides renews once and repeats the call', async () => {
      const outcome = await tab.evaluate((url) => window.call('manager', url), `${api.origin}/refuse`)
      expect(outcome).toEqual({ status: 200, text: 'ok' })
      expect(tokensAt(api)).toEqual(['Bearer token-0', 'Bearer token-1'])
    })

    test('P-134 with a demand that CORS hides is taken for one of an expired token; one that can be read is an event', async () => {
      const demand = 'Bearer error="insufficient_user_authentication", acr_values="phr", max_age=60'
      const url = `${api.origin}/refuse?challenge=${encodeURIComponent(demand)}`
      const shown = await tab.evaluate((url) => window.call('manager', url), `${url}&exposed`)
      expect([shown.status, tokensAt(api)]).toEqual([401, ['Bearer token-0']])
      expect(await tab.evaluate(() => window.challenges)).toMatchObject([{ acrValues: 'phr', maxAge: 60 }])
      const hidden = await tab.evaluate((url) => window.call('manager', url), url)
      expect([hidden.status, tokensAt(api)]).toEqual([200, ['Bearer token-0', 'Bearer token-0', 'Bearer token-1']])
    })
  })

  describe('P-132 a call that is repeated', () => {
    test('sends text, parameters, bytes and a Blob again', async () => {
      const outcomes = await tab.evaluate(async (url) => {
        const bytes = new TextEncoder().encode('bytes')
        const bodies = ['text', new URLSearchParams({ a: 'b' }), bytes, bytes.buffer, new Blob(['blob'])]
        return Promise.all(bodies.map((body) => window.call('manager', url, { method: 'POST', body })))
      }, `${api.origin}/refuse`)
      expect(outcomes).toEqual(Array(5).fill({ status: 200, text: 'ok' }))
      const twice = ['text', 'a=b', 'bytes', 'bytes', 'blob'].flatMap((body) => [body, body])
      expect(bodiesAt(api).sort()).toEqual(twice.sort())
    })

    test('sends a FormData with a file again', async () => {
      const outcome = await tab.evaluate((url) => {
        const body = new FormData()
        body.append('name', 'Ada')
        body.append('picture', new Blob(['pixels'], { type: 'image/png' }), 'ada.png')
        return window.call('manager', url, { method: 'POST', body })
      }, `${api.origin}/refuse`)
      expect(outcome.status).toBe(200)
      const [first, second] = api.received
      expect(first?.body).toMatch(/name="name"\s+Ada[^]+filename="ada.png"\s+Content-Type: image\/png\s+pixels/)
      expect(withoutBoundary(second)).toEqual(withoutBoundary(first))
    })

    test('sends a Request with its body again, which counts as used, as with fetch', async () => {
      const outcome = await tab.evaluate(async (url) => {
        const request = new Request(url, { method: 'PUT', body: 'hello', headers: { 'content-type': 'text/x-own' } })
        return { ...(await window.call('manager', request)), isUsed: request.bodyUsed }
      }, `${api.origin}/refuse`)
      expect(outcome).toEqual({ status: 200, text: 'ok', isUsed: true })
      expect(api.received).toMatchObject(Array(2).fill({ method: 'PUT', body: 'hello', contentType: 'text/x-own' }))
    })

    test('sends a Request of another frame, as fetch does', async () => {
      const outcome = await tab.evaluate((url) => {
        const frame = document.body.appendChild(document.createElement('iframe')).contentWindow as typeof globalThis &
          Window
        return window.call('manager', new frame.Request(url, { method: 'POST', body: 'hello' }))
      }, `${api.origin}/refuse`)
      expect(outcome).toEqual({ status: 200, text: 'ok' })
      expect(api.received.map(({ body }) => body)).toEqual(['hello', 'hello'])
    })

    test('does not send a stream again; whether an engine can send one at all is as with fetch', async () => {
      const outcomes = await tab.evaluate(async (url) => {
        const call = (by: 'manager' | 'browser'): Promise<unknown> => {
          const init = { method: 'POST', body: new Blob(['hello']).stream(), duplex: 'half' }
          return window.call(by, url, init as RequestInit)
        }
        return [await call('browser'), await call('manager')]
      }, `${api.origin}/refuse`)
      expect(outcomes[1]).toEqual(outcomes[0])
      expect(tokensAt(api)).not.toContain('Bearer token-1')
    })
  })

  describe('a caller that gives up', () => {
    test('ends the request, and gets the error that fetch of the engine gives', async () => {
      const calling = tab.evaluate(async (url) => {
        window.leaving = new AbortController()
        const init = { method: 'POST', body: 'hello', signal: window.leaving.signal }
        const calls = [window.call('browser', url, init), window.call('manager', url, init)]
        return (await Promise.all(calls)).map(({ error }) => error)
      }, `${api.origin}/silent`)
      await until(() => api.received.length === 2)
      await tab.evaluate(() => window.leaving.abort(new RangeError('changed my mind')))
      const errors = await calling
      expect(errors[1]).toBe(errors[0])
      // WebKit does not tell the reason.
      expect(errors[1]).toBe(name === 'webkit' ? 'AbortError' : 'RangeError')
      await until(() => api.received.every(({ isGivenUp }) => isGivenUp))
    })

    test('by a time limit gets the error that fetch of the engine gives', async () => {
      const [byBrowser, byManager] = await tab.evaluate((url) => {
        const init = { signal: AbortSignal.timeout(300) }
        return Promise.all([window.call('browser', url, init), window.call('manager', url, init)])
      }, `${api.origin}/silent`)
      expect(byManager).toEqual(byBrowser)
      expect(byManager).toEqual({ error: name === 'webkit' ? 'AbortError' : 'TimeoutError' })
    })
  })

  test('a call with keepalive outlives its page, and one without does not', async () => {
    await tab.evaluate((url) => {
      for (const keepalive of [true, false]) {
        void window.tokens.fetch(url, { method: 'POST', body: `keepalive ${keepalive}`, keepalive })
      }
    }, `${api.origin}/silent`)
    await until(() => api.received.length === 2)
    await tab.goto(`${other.origin}/`)
    const requestOf = (keepalive: boolean) => api.received.find(({ body }) => body === `keepalive ${keepalive}`)
    await until(() => requestOf(false)?.isGivenUp === true)
    expect(requestOf(true)).toMatchObject({ isGivenUp: false, authorization: 'Bearer token-0' })
  })
})
