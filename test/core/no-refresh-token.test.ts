import { expect, test } from 'vitest'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { memoryStore } from '../../src/stores/memory.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'
import { failureOf } from './scripted-world.js'

test.each([true, false])(
  'a session without a refresh token says at once that it is over, on each page that is loaded (autoRenew %s)',
  async (autoRenew) => {
    const environment = new FakeEnvironment()
    const place = memoryStore()
    let writes = 0
    const store: typeof place = {
      ...place,
      swap(...args) {
        writes++
        return place.swap(...args)
      },
    }
    const load = () => managerOf(environment, { store, autoRenew, grant: refreshTokenGrant() })
    let manager = load()
    await manager.setTokens({ access_token: 'a', expires_in: 60 })
    await environment.pass(61_000)
    const writesBefore = writes
    for (let loads = 0; loads < 10; loads++) {
      manager.dispose()
      manager = load()
      const startedAt = environment.time.now
      const failure = await environment.passUntil(failureOf(manager.getAccessToken()))
      expect(failure.code).toBe('login_required')
      expect(environment.time.now - startedAt).toBeLessThan(100)
    }
    await environment.pass(3_600_000)
    expect(writes - writesBefore).toBeLessThanOrEqual(20)
    manager.dispose()
  },
)
