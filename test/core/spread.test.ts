import { expect, test } from 'vitest'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'

test('P-093 twenty holders of tokens of the same age do not renew them at the same instant', async () => {
  const environment = new FakeEnvironment()
  const renewedAt: number[] = []
  const managers = Array.from({ length: 20 }, () =>
    managerOf(environment, {
      grant({ sending }) {
        sending()
        renewedAt.push(Math.round(environment.monotonic() / 1000))
        return Promise.resolve({ response: { access_token: 'b', refresh_token: 's', expires_in: 86_400 } })
      },
    }),
  )
  for (const manager of managers) await manager.setTokens({ access_token: 'a', refresh_token: 'r', expires_in: 600 })
  await environment.pass(599_000)
  expect(renewedAt).toHaveLength(20)
  expect(new Set(renewedAt).size).toBeGreaterThan(5)
  for (const manager of managers) manager.dispose()
})
