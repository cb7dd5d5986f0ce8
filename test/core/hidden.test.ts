import { expect, test } from 'vitest'
import { EvergrantError } from '../../src/core/errors.js'
import type { Grant, Granted } from '../../src/core/grant.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'

const tokens = { access_token: 'a', refresh_token: 'r', expires_in: 60 }

/** A manager in a page that can be hidden and shown, and answers its renewals as `grant` says. */
async function page(grant: (count: number) => Promise<Granted>) {
  const environment = new FakeEnvironment()
  let show = (): void => undefined
  const page = { isHidden: false, renewals: 0, show: () => show(), environment }
  const manager = managerOf(environment, {
    isHidden: () => page.isHidden,
    watchWake(look) {
      show = () => {
        page.isHidden = false
        look()
      }
      return () => undefined
    },
    grant: ({ sending }) => {
      sending()
      return grant(++page.renewals)
    },
  })
  await manager.setTokens(tokens)
  return Object.assign(page, { manager })
}

const renewing = (): Promise<Granted> => Promise.resolve({ response: tokens })

test('F-017 P-097 a hidden page leaves the session alone, and sets no timer', async () => {
  const hidden = await page(renewing)
  hidden.isHidden = true
  await hidden.environment.pass(10 * 3_600_000)
  expect(hidden.renewals).toBe(0)
  expect(hidden.environment.timers.size).toBe(0)
  hidden.manager.dispose()
})

test('P-092 a page that was hidden for ten hours renews once when it is shown', async () => {
  const hidden = await page(renewing)
  hidden.isHidden = true
  await hidden.environment.pass(10 * 3_600_000)
  hidden.show()
  await hidden.environment.pass(1000)
  expect(hidden.renewals).toBe(1)
  hidden.manager.dispose()
})

test('a hidden page renews for a call', async () => {
  const hidden = await page(renewing)
  hidden.isHidden = true
  await hidden.environment.pass(3_600_000)
  await hidden.environment.passUntil(hidden.manager.getAccessToken())
  expect(hidden.renewals).toBe(1)
  hidden.manager.dispose()
})

test('F-013 P-079 a page that is hidden after an answer was lost tries again soon, for the server accepts that for a short time only', async () => {
  const lost = new EvergrantError('unavailable', 'the answer was lost')
  const hidden = await page((count) => (count === 1 ? Promise.reject(lost) : renewing()))
  for (let waitedMs = 0; hidden.renewals === 0 && waitedMs < 60_000; waitedMs += 100) await hidden.environment.pass(100)
  hidden.isHidden = true
  await hidden.environment.pass(5000)
  expect(hidden.renewals).toBe(2)
  hidden.manager.dispose()
})

test('a page that is hidden after a request that never left waits until it is shown: nothing can be lost by that', async () => {
  const environment = new FakeEnvironment()
  let asked = 0
  let isHidden = false
  const grant: Grant = () => {
    asked++
    return Promise.reject(new EvergrantError('unavailable', 'there is no connection'))
  }
  const manager = managerOf(environment, { grant, isHidden: () => isHidden })
  await manager.setTokens(tokens)
  for (let waitedMs = 0; asked === 0 && waitedMs < 60_000; waitedMs += 100) await environment.pass(100)
  isHidden = true
  await environment.pass(600_000)
  expect(asked).toBe(1)
  expect(environment.timers.size).toBe(0)
  manager.dispose()
})
