import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { SignInOptions } from '../../src/browser.js'
import { commonFaults } from '../../src/testing.js'
import { engineNames, type Tab } from '../support/engines/engine.js'
import { useEngine } from '../support/engines/use-engine.js'
import { servePage, type PageServer } from '../support/page.js'
import type { App } from './app.js'
import { serve, type ServedServer } from './serve.js'
import { allShow, answerOn, callOn, leaveToSignIn, seen, signIn, tokenOn, userOn } from './visitor.js'
import { changeAnswer } from './watched-server.js'

declare const window: Window & { readonly app: App }

let pages: PageServer
let served: ServedServer
let tabs: Tab[] = []

beforeAll(async () => {
  pages = await servePage(new URL('./app.ts', import.meta.url))
})
afterAll(() => pages?.close())
afterEach(async () => {
  for (const tab of tabs) await tab.close()
  tabs = []
  served?.close()
})

const codeOrState = /[?&](?:code|state|iss)=/

/** Where the server sends its users to. */
const callback = (): string => `${pages.url}callback?issuer=${encodeURIComponent(served.issuer)}`

describe.each(engineNames)('in %s', (name) => {
  const engine = useEngine(name)

  async function open(path = '', setup = ''): Promise<Tab> {
    const tab = await engine().openTab(`${pages.url}${path}?issuer=${encodeURIComponent(served.issuer)}${setup}`)
    tabs.push(tab)
    return tab
  }

  test('a sign-in by redirect comes back to a clean address, and only once', async () => {
    let answer = ''
    served = await serve({
      intercept: async (request, pass) => {
        const response = await pass(request)
        answer = response.headers.get('location') ?? answer
        return response
      },
    })
    const tab = await open('news')
    expect(await signIn(tab, { returnTo: `${pages.url}/evil.example?a=1#b` })).toEqual({
      outcome: 'signed_in',
      returnTo: '/evil.example?a=1#b',
    })
    expect(answer).toMatch(/[?&]code=.*[?&]state=.*[?&]iss=/)
    expect(await tab.url()).toBe(callback())
    const addresses = await tab.evaluate(() => window.app.addresses)
    expect(addresses.filter((address) => address.startsWith('fetch'))).not.toEqual([])
    expect(addresses.filter((address) => address.startsWith('getItem'))).not.toEqual([])
    expect(addresses.filter((address) => codeOrState.test(address))).toEqual([])
    expect(await userOn(tab)).toBe('alice')
    expect(await callOn(tab, `${served.issuer}/resource`)).toBe(200)

    const none = { outcome: 'none', returnTo: '/' }
    await tab.reload()
    expect(await answerOn(tab)).toEqual(none)
    await tab.goto(`${pages.url}home?issuer=${encodeURIComponent(served.issuer)}`)
    await tab.back()
    expect(await tab.url()).toBe(callback())
    expect(await answerOn(tab)).toEqual(none)
    const copy = await engine().openTab(answer)
    tabs.push(copy)
    expect(await answerOn(copy)).toEqual(none)
    expect(await copy.url()).toBe(callback())
    await tab.goto(answer)
    expect(await answerOn(tab)).toEqual(none)
    await allShow([tab, copy], 'alice')
    expect(served.seen('/token')).toHaveLength(1)
  })

  test('two sign-ins in two tabs end in the opposite order, each in its tab', async () => {
    served = await serve({
      asks: true,
      authorize: ({ parameters }) => ({ subject: `${parameters.get('login_hint')}` }),
    })
    const [first, second] = [await open(), await open()]
    await leaveToSignIn(first, { loginHint: 'alice', returnTo: '/alice' })
    await leaveToSignIn(second, { loginHint: 'bob', returnTo: '/bob' })
    await second.click('#continue')
    expect(await answerOn(second)).toEqual({ outcome: 'signed_in', returnTo: '/bob' })
    await first.click('#continue')
    expect(await answerOn(first)).toEqual({ outcome: 'signed_in', returnTo: '/alice' })
    await allShow([first, second], 'alice')
    expect(await tokenOn(second)).toBe(await tokenOn(first))
  })

  test('an answer with a foreign state changes nothing, and the user can go on', async () => {
    served = await serve({ asks: true })
    const tab = await open()
    await leaveToSignIn(tab)
    await tab.waitFor('#continue')
    await tab.goto(`${callback()}&code=foreign&state=foreign&iss=${encodeURIComponent(served.issuer)}`)
    expect(await answerOn(tab)).toEqual({ outcome: 'none', returnTo: '/' })
    expect(await tab.url()).toBe(callback())
    expect(await userOn(tab)).toBe('nobody')
    await tab.back()
    await tab.click('#continue')
    expect(await answerOn(tab)).toMatchObject({ outcome: 'signed_in' })
    expect(served.seen('/token')).toHaveLength(1)
  })

  test('a sign-in that fails leaves the session of all tabs alone, whatever it fails from', async () => {
    const failures = ['server says no', 'foreign issuer', 'token endpoint is down'] as const
    let failure: (typeof failures)[number] | undefined
    const nameAnother = changeAnswer((answer) => answer.set('iss', 'https://evil.example'))
    served = await serve({
      authorize: () =>
        failure === 'server says no' ? { error: 'login_required', errorDescription: 'Not yet.' } : { subject: 'alice' },
      fault: () => (failure === 'token endpoint is down' ? commonFaults.unavailable() : undefined),
      intercept: (request, pass) => (failure === 'foreign issuer' ? nameAnother(request, pass) : pass(request)),
    })
    const [tab, other] = [await open(), await open()]
    await signIn(tab)
    await allShow([tab, other], 'alice')
    const token = await tokenOn(tab)
    const answers: unknown[] = []
    for (failure of failures) answers.push(await signIn(tab, { prompt: 'none' }))
    expect(answers).toEqual([
      { code: 'login_required', error: 'login_required', errorDescription: 'Not yet.' },
      { code: 'misconfigured' },
      { code: 'unavailable' },
    ])
    expect(served.seen('/token')).toHaveLength(2)
    expect(await tab.url()).toBe(callback())
    for (const holder of [tab, other]) expect(await tokenOn(holder)).toBe(token)
    expect(await other.evaluate(() => window.app.events)).toEqual(['adopted'])
  })

  test('a sign-in of another user replaces the session in all tabs, and what comes late for it is revoked', async () => {
    let subject = 'alice'
    let release = (): void => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    served = await serve({
      accessTokenSeconds: 4,
      authorize: () => ({ subject }),
      async intercept(request, pass) {
        const isRenewal = request.method === 'POST' && (await request.clone().text()).includes('refresh_token=')
        const isLate = isRenewal && subject === 'alice'
        const response = await pass(request)
        if (isLate) await released
        return response
      },
    })
    const [one, changing, other] = [await open(), await open('', '&passive'), await open('', '&passive')]
    await signIn(one)
    await allShow([one, changing, other], 'alice')
    const late = await seen(async () => served.server.redemptions[0], 'a renewal')
    subject = 'bob'
    expect(await signIn(changing)).toMatchObject({ outcome: 'signed_in' })
    await allShow([one, changing, other], 'bob')
    release()
    const { family } = late
    await seen(async () => served.server.revocations.find((one) => one.family === family), 'the end of what came late')
    for (const tab of [one, changing, other]) {
      expect(served.server.inspect(await tokenOn(tab))).toMatchObject({ subject: 'bob', isUsable: true })
      expect(await userOn(tab)).toBe('bob')
    }
    expect(served.server.revocations.every((one) => one.family === family)).toBe(true)
  })

  test('an API that demands more than a new token gets it by another sign-in', async () => {
    served = await serve({})
    const tab = await open()
    await signIn(tab)
    const strict = `${served.issuer}/resource?acr=phr&scope=write`
    const next = await tab.evaluate(async (url) => {
      const { tokens } = window.app
      let wanted: Partial<SignInOptions> = {}
      tokens.on('challenge', ({ scope, acrValues }) => {
        wanted = {
          ...wanted,
          ...(scope && { scope: `${tokens.client.scope} ${scope}` }),
          ...(acrValues && { acrValues }),
        }
      })
      for (const query of ['?scope=write', '?acr=phr']) await tokens.fetch(url.replace(/\?.*/, query))
      return wanted
    }, strict)
    expect(next).toEqual({ scope: 'openid offline_access write', acrValues: 'phr' })
    expect(await signIn(tab, next)).toMatchObject({ outcome: 'signed_in' })
    expect(await callOn(tab, strict)).toBe(200)
  })

  test('a page whose sessionStorage cannot be written does not leave', async () => {
    served = await serve({})
    const tab = await open()
    const answer = await tab.evaluate(async () => {
      Storage.prototype.setItem = () => {
        throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
      }
      window.app.signIn()
      for (let looks = 0; !window.app.answer && looks < 100; looks++) await new Promise((next) => setTimeout(next, 20))
      return window.app.answer
    })
    expect(answer).toMatchObject({ code: 'storage_failed' })
    expect(served.seen('/authorize')).toEqual([])
  })
})
