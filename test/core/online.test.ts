import { expect, test } from 'vitest'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { memoryStore } from '../../src/stores/memory.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'

const lifetimeMs = 300_000

/** A page whose token has run out while its requests led nowhere for ten minutes. */
async function afterAnOutage(during: () => Response | Promise<Response>) {
  let isOut = false
  let requests = 0
  const environment = new FakeEnvironment(async () => {
    requests++
    if (isOut) return during()
    return Response.json({ access_token: `access-${requests}`, token_type: 'Bearer', expires_in: lifetimeMs / 1000 })
  })
  const store = memoryStore()
  const looks: ((isBackOnline?: boolean) => void)[] = []
  const open = () =>
    managerOf(environment, {
      store,
      grant: refreshTokenGrant(),
      watchWake: (look) => (looks.push(look), () => undefined),
    })
  const manager = open()
  await manager.setTokens({ access_token: 'access-0', refresh_token: 'refresh', expires_in: lifetimeMs / 1000 })
  isOut = true
  await environment.pass(lifetimeMs + 600_000)
  isOut = false
  const before = requests
  return { environment, manager, looks, open, since: () => requests - before, cut: () => (isOut = true) }
}

const failing = () => Promise.reject(new TypeError('Failed to fetch'))

test('a page that is back online has a token at once, however long it was without a network', async () => {
  const { environment, manager, looks, since } = await afterAnOutage(failing)
  looks[0]?.(true)
  await environment.pass(1500)
  expect(await manager.getAccessToken()).toMatch(/^access-/)
  expect(since()).toBe(1)
  manager.dispose()
})

test('being looked at again is no reason to hurry', async () => {
  const { environment, manager, looks, since } = await afterAnOutage(failing)
  for (let look = 0; look < 10; look++) looks[0]?.()
  await environment.pass(500)
  expect(since()).toBe(0)
  manager.dispose()
})

test('what a server has asked for is waited for, also by a page that was offline meanwhile', async () => {
  const busy = () => new Response('', { status: 503, headers: { 'retry-after': '3600' } })
  const { environment, manager, looks, since } = await afterAnOutage(busy)
  looks[0]?.(true)
  await environment.pass(60_000)
  expect(since()).toBe(0)
  manager.dispose()
})

test('nor does it matter which holder the server has asked', async () => {
  let answer: () => Response | Promise<Response> = failing
  const { environment, manager, looks, open, since, cut } = await afterAnOutage(() => answer())
  manager.stop()
  answer = () => new Response('', { status: 503, headers: { 'retry-after': '3600' } })
  cut()
  const other = open()
  await environment.pass(300_000)
  expect(other.getSnapshot().error).toMatchObject({ status: 503 })
  const before = since()
  manager.start()
  looks.at(-1)?.(true)
  await environment.pass(60_000)
  expect(since()).toBe(before)
  for (const one of [manager, other]) one.dispose()
})

test('a network that comes and goes makes one request a second at most', async () => {
  const { environment, manager, looks, since, cut } = await afterAnOutage(failing)
  cut()
  for (let ms = 0; ms < 10_000; ms += 100) {
    looks[0]?.(true)
    await environment.pass(100)
  }
  expect(since()).toBeLessThanOrEqual(11)
  manager.dispose()
})

test('coming back online does not cut short the wait before a refusal is believed', async () => {
  const environment = new FakeEnvironment(async () => {
    n++
    if (n === 1) throw new TypeError('Failed to fetch')
    return Response.json({ error: 'invalid_grant' }, { status: 400 })
  })
  let n = 0
  const store = memoryStore()
  const looks: ((isBackOnline?: boolean) => void)[] = []
  const manager = managerOf(environment, {
    store,
    grant: refreshTokenGrant(),
    watchWake: (look) => (looks.push(look), () => undefined),
  })
  await manager.setTokens({ access_token: 'a', refresh_token: 'r', expires_in: 300 })
  while (n < 2) await environment.pass(100)
  for (let i = 0; i < 80; i++) {
    await environment.pass(100)
    if (i % 10 === 0) looks[0]?.(true)
  }
  expect(manager.getSnapshot().status).toBe('active')
  manager.dispose()
})
