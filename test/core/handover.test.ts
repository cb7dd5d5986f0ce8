import { expect, test } from 'vitest'
import type { LiveRecord, SessionRecord } from '../../src/core/record.js'
import { oauthClient } from '../../src/oauth/client.js'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { memoryStore } from '../../src/stores/memory.js'
import { BrittleStore } from '../support/brittle-store.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf, metadata } from '../support/managed.js'

/** Two holders of one session whose store takes no writes from the rotation on, for `outageMs`. Resolves to what was sent. */
async function sentAround(outageMs: number): Promise<string[]> {
  const sent: string[] = []
  const place = memoryStore()
  const environment = new FakeEnvironment(async (_input, init) => {
    sent.push(new URLSearchParams(String(init?.body)).get('refresh_token') ?? '')
    for (const store of stores) store.isReadOnly = true
    environment.setTimer(() => stores.forEach((store) => (store.isReadOnly = false)), outageMs)
    const count = sent.length
    return Response.json({ access_token: `access-${count}`, refresh_token: `refresh-${count}`, expires_in: 3600 })
  })
  const client = oauthClient({ metadata: () => Promise.resolve(metadata), clientId: 'client', environment })
  const open = (store: BrittleStore) =>
    managerOf(environment, { client, store, autoRenew: false, grant: refreshTokenGrant() })
  const stores = [new BrittleStore(environment, place), new BrittleStore(environment, place)] as const
  const [first, second] = [open(stores[0]), open(stores[1])]
  await first.setTokens({ refresh_token: 'refresh-0' })
  await environment.passUntil(first.getAccessToken())
  for (let seconds = 0; seconds < 20; seconds += 2) {
    second.getAccessToken().catch(() => undefined)
    await environment.pass(2000)
  }
  return sent
}

test('whoever takes over from a holder that could not store lets it store first, however long the outage', async () => {
  for (let outageMs = 5500; outageMs < 9500; outageMs += 130) {
    expect(await sentAround(outageMs), `an outage of ${outageMs} ms`).toEqual(['refresh-0'])
  }
})

test('a holder whose store fails while it takes over does not keep the others waiting afterwards', async () => {
  const environment = new FakeEnvironment(() =>
    Promise.resolve(Response.json({ access_token: 'access', refresh_token: 'second', expires_in: 3600 })),
  )
  const client = oauthClient({ metadata: () => Promise.resolve(metadata), clientId: 'client', environment })
  const place = memoryStore()
  const open = (store: BrittleStore) =>
    managerOf(environment, { client, store, autoRenew: false, grant: refreshTokenGrant() })
  const stores = [new BrittleStore(environment, place), new BrittleStore(environment, place)] as const
  const [first, second] = [open(stores[0]), open(stores[1])]
  await first.setTokens({ refresh_token: 'first' })
  const { record, revision } = (await place.read('session')) ?? {}
  const intent = { owner: 'somebody who died', attempt: 1, beat: 0, inDoubt: false }
  await place.swap('session', revision, { ...record, intent } as SessionRecord)
  const call = first.getAccessToken().catch(() => undefined)
  const ownerNow = async () => ((await place.read('session'))?.record as LiveRecord).intent?.owner
  for (let look = 0; look < 200 && (await ownerNow()) === intent.owner; look++) await environment.pass(50)
  stores[0].isUnreadable = true
  await environment.passUntil(call)
  first.dispose()
  stores[0].isUnreadable = false
  expect(await environment.passUntil(second.getAccessToken())).toBe('access')
})
