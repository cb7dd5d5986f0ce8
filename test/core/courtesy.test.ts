import { expect, test } from 'vitest'
import { EvergrantError } from '../../src/core/errors.js'
import type { Grant } from '../../src/core/grant.js'
import { memoryStore } from '../../src/stores/memory.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'

test('a tab without a network does not take the turns of one that has it', async () => {
  const environment = new FakeEnvironment()
  const store = memoryStore()
  const tokens = { access_token: 'a', refresh_token: 'r', expires_in: 15 }
  let failures = 0
  const failing: Grant = ({ sending }) => {
    sending()
    failures++
    return Promise.reject(new EvergrantError('unavailable', 'there is no network'))
  }
  const working: Grant = ({ sending }) => {
    sending()
    return Promise.resolve({ response: tokens })
  }
  const healthy = managerOf(environment, { store, grant: working })
  const offline = managerOf(environment, { store, grant: failing })
  await healthy.setTokens(tokens)
  let refused = 0
  const count = (): number => refused++
  for (let ms = 0; ms < 600_000; ms += 250) {
    await environment.pass(250)
    healthy.getAccessToken().catch(count)
  }
  expect(failures).toBeGreaterThan(5)
  const { server } = healthy.diagnose()
  expect(server.acceptedRetry).toBe(true)
  expect(refused).toBe(0)
  const renewals = Number(Object(healthy.getSnapshot()).generation)
  expect(failures).toBeLessThan(renewals * 1.5)
  healthy.dispose()
  offline.dispose()
})
