import { expect, test } from 'vitest'
import type { Grant } from '../../src/core/grant.js'
import type { Lock } from '../../src/core/lock.js'
import { EvergrantError } from '../../src/core/errors.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'

test('listeners are never called while the lock is held, so that they may do what they like', async () => {
  const environment = new FakeEnvironment()
  let isHeld = false
  const lock: Lock = Object.assign(
    async <T>(_name: string, work: () => Promise<T>): Promise<T> => {
      isHeld = true
      return work().finally(() => (isHeld = false))
    },
    { kind: 'watched' },
  )
  let isDown = false
  const grant: Grant = ({ sending }) => {
    sending()
    if (isDown) return Promise.reject(new EvergrantError('unavailable', 'it is down'))
    return Promise.resolve({ response: { access_token: 'b', refresh_token: 'r', expires_in: 3600 } })
  }
  const manager = managerOf(environment, { lock, grant })
  const calls: [string, boolean][] = []
  for (const type of ['renewed', 'error'] as const) manager.on(type, () => calls.push([type, isHeld]))
  manager.subscribe(() => calls.push(['change', isHeld]))
  await manager.setTokens({ access_token: 'a', refresh_token: 'r', expires_in: 3600 })
  await environment.pass(10_000)
  await environment.passUntil(manager.renew())
  isDown = true
  await environment.pass(3_600_000)
  expect(new Set(calls.map(([type]) => type))).toEqual(new Set(['renewed', 'error', 'change']))
  expect(calls.filter(([, held]) => held)).toEqual([])
  manager.dispose()
})
