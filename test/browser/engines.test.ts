import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineNames, type Tab } from '../support/engines/engine.js'
import { launchEngine } from '../support/engines/launch.js'
import { useEngine } from '../support/engines/use-engine.js'
import { listen } from '../support/listen.js'

const html = `<!doctype html><title>a page</title><input value="old">
  <button onclick="this.textContent = document.querySelector('input').value">copy</button>
  <p hidden>late</p>`

const server = createServer((_request, response) => {
  response.setHeader('content-type', 'text/html')
  response.end(html)
})
let url = ''

beforeAll(async () => {
  url = `http://localhost:${await listen(server)}/`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe.each(engineNames)('%s', (name) => {
  const engine = useEngine(name)
  const open = (): Promise<Tab> => engine().openTab(url)

  test('runs work in a page, and tells of its result and its errors', async () => {
    const tab = await open()
    const add = async (one: number, { other }: { other: number }): Promise<number> => one + other
    expect(await tab.evaluate(add, 1, { other: 2 })).toBe(3)
    expect(await tab.evaluate(() => undefined)).toBeUndefined()
    const failure = { name: 'TypeError', message: 'no' }
    await expect(tab.evaluate(() => Promise.reject(new TypeError('no')))).rejects.toMatchObject(failure)
    const fail = (): never => {
      throw new TypeError('no')
    }
    await expect(tab.evaluate(fail)).rejects.toMatchObject(failure)
  })

  test('lets no tab wait for the work of another, and ends work whose page goes away', async () => {
    const [busy, other] = [await open(), await open()]
    const endless = busy.evaluate(() => new Promise(() => undefined))
    const outcome = expect(endless).rejects.toThrow()
    expect(await other.evaluate(() => document.title)).toBe('a page')
    await busy.reload()
    await outcome
    await busy.close()
    await busy.close()
  })

  test('clicks and types as people do', async () => {
    const tab = await open()
    await tab.fill('input', 'Zoë @ home')
    await tab.click('button')
    expect(await tab.evaluate(() => document.querySelector('button')?.textContent)).toBe('Zoë @ home')
    await tab.evaluate(() => void setTimeout(() => document.querySelector('p')?.removeAttribute('hidden'), 200))
    await tab.waitFor('p')
    expect((await tab.screenshot()).toString('latin1', 1, 4)).toBe('PNG')
  })

  test('goes to pages and back', async () => {
    const tab = await open()
    await tab.goto(`${url}two`)
    await tab.back()
    expect(await tab.url()).toBe(url)
    await tab.goto(`${url}three`)
    await tab.reload()
    expect(await tab.evaluate(() => location.pathname)).toBe('/three')
  })

  test('shares everything among its tabs, and nothing with another one', async () => {
    const [one, other] = [await open(), await open()]
    await one.evaluate(() => {
      localStorage.setItem('key', 'value')
      void navigator.locks.request('lock', () => new Promise(() => undefined))
      const channel = new BroadcastChannel('channel')
      channel.onmessage = () => channel.postMessage('heard')
      return new Promise((resolve) => (indexedDB.open('database', 7).onsuccess = () => resolve(null)))
    })
    const seen = other.evaluate(async () => {
      const channel = new BroadcastChannel('channel')
      const heard = new Promise<string>((resolve) => (channel.onmessage = ({ data }) => resolve(data)))
      channel.postMessage('hello')
      const held = (await navigator.locks.query()).held?.map(({ name }) => name)
      return [localStorage.getItem('key'), held, await heard, await indexedDB.databases()]
    })
    expect(await seen).toEqual(['value', ['lock'], 'heard', [{ name: 'database', version: 7 }]])
    const stranger = await launchEngine(name)
    try {
      const tab = await stranger.openTab(url)
      expect(await tab.evaluate(async () => [{ ...localStorage }, await indexedDB.databases()])).toEqual([{}, []])
    } finally {
      await stranger.close()
    }
  })

  test('has no tab whose timers are slowed down', async () => {
    const tabs = [await open(), await open(), await open()]
    const countTicks = (): Promise<number> =>
      new Promise((resolve) => {
        let ticks = 0
        setInterval(() => ticks++, 20)
        setTimeout(() => resolve(ticks), 3000)
      })
    const ticks = await Promise.all(tabs.map((tab) => tab.evaluate(countTicks)))
    // A page that is hidden has one a second.
    expect(Math.min(...ticks)).toBeGreaterThan(20)
  })
})
