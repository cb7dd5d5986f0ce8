import { expect, test } from 'vitest'
import { EvergrantError } from '../../src/core/errors.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'

test('P-079 a lost answer is followed by quick retries, however slow those of requests that never left had become', async () => {
  const environment = new FakeEnvironment()
  const sentAt: number[] = []
  let asked = 0
  const manager = managerOf(environment, {
    grant: ({ sending }) => {
      if (++asked <= 10) return Promise.reject(new EvergrantError('unavailable', 'there is no connection'))
      sending()
      sentAt.push(environment.monotonic())
      if (sentAt.length < 4) return Promise.reject(new EvergrantError('unavailable', 'no answer came'))
      return Promise.resolve({ response: { access_token: 'a', refresh_token: 'r', expires_in: 3600 } })
    },
  })
  await manager.setTokens({ refresh_token: 'r' })
  await environment.pass(1_000_000)
  const [first = 0, ...retries] = sentAt
  expect(retries).toHaveLength(3)
  expect(Math.max(...retries) - first).toBeLessThan(12_000)
  manager.dispose()
})
