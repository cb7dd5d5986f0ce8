import { expect, test } from 'vitest'
import type { SessionRecord } from '../../src/core/record.js'
import type { TokenStore } from '../../src/core/store.js'
import { oauthClient } from '../../src/oauth/client.js'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { memoryStore } from '../../src/stores/memory.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf, metadata } from '../support/managed.js'

const tokens = (count: number) => ({
  access_token: `access-${count}`,
  refresh_token: `refresh-${count}`,
  expires_in: 600,
  scope: `scope-${count}`,
})

/** A store in memory that keeps what was written to it, in order. */
function remembering(written: SessionRecord[]): TokenStore {
  const store = memoryStore()
  return {
    ...store,
    async swap(key, expected, next) {
      const result = await store.swap(key, expected, next)
      if (result.won && next) written.push(next)
      return result
    },
  }
}

test('P-050 a renewal writes twice, its intent and then all that is new at once: no record is a mix of two', async () => {
  const written: SessionRecord[] = []
  const environment = new FakeEnvironment(() => Promise.resolve(Response.json(tokens(1))))
  const client = oauthClient({ metadata: () => Promise.resolve(metadata), clientId: 'client', environment })
  const store = remembering(written)
  const manager = managerOf(environment, { store, client, grant: refreshTokenGrant(), autoRenew: false })
  await manager.setTokens(tokens(0))
  await environment.pass(700_000)
  await environment.passUntil(manager.getAccessToken())
  const of = (count: number) => ({
    generation: count,
    refreshToken: `refresh-${count}`,
    accessTokens: { '': { token: `access-${count}`, scope: `scope-${count}` } },
  })
  expect(written).toMatchObject([of(0), { ...of(0), intent: expect.anything() as unknown }, of(1)])
  expect(written[2]).not.toHaveProperty('intent.owner')
  manager.dispose()
})
