import { expect, test } from 'vitest'
import type { LiveRecord, SessionRecord } from '../../src/core/record.js'
import { oauthClient } from '../../src/oauth/client.js'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { memoryStore } from '../../src/stores/memory.js'
import { BrittleStore } from '../support/brittle-store.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf, metadata } from '../support/managed.js'

type StoreState = 'well' | 'read only' | 'down'

/** Two holders of one session whose store changes so many milliseconds after the rotation. Resolves to what was sent. */
async function sentAround(changes: readonly (readonly [afterMs: number, state: StoreState])[]): Promise<string[]> {
  const sent: string[] = []
  const place = memoryStore()
  const become = (state: StoreState): void => {
    for (const store of stores) Object.assign(store, { isReadOnly: state !== 'well', isUnreadable: state === 'down' })
  }
  const environment = new FakeEnvironment(async (_input, init) => {
    const count = sent.push(new URLSearchParams(String(init?.body)).get('refresh_token') ?? '')
    if (count === 1) for (const [afterMs, state] of changes) environment.setTimer(() => become(state), afterMs)
    if (count === 1) become('read only')
    return Response.json({ access_token: `access-${count}`, refresh_token: `refresh-${count}`, expires_in: 3600 })
  })
  const client = oauthClient({ metadata: () => Promise.resolve(metadata), clientId: 'client', environment })
  const open = (store: BrittleStore) =>
    managerOf(environment, { client, store, autoRenew: false, grant: refreshTokenGrant() })
  const stores = [new BrittleStore(environment, place), new BrittleStore(environment, place)] as const
  const [first, second] = [open(stores[0]), open(stores[1])]
  await first.setTokens({ refresh_token: 'refresh-0' })
  await environment.passUntil(first.getAccessToken())
  for (let seconds = 0; seconds < 20; seconds += 0.5) {
    second.getAccessToken().catch(() => undefined)
    await environment.pass(500)
  }
  return sent
}

test('whoever takes over from a holder that could not store lets it store first, however long the outage', async () => {
  for (let outageMs = 5500; outageMs < 9500; outageMs += 130) {
    expect(await sentAround([[outageMs, 'well']]), `an outage of ${outageMs} ms`).toEqual(['refresh-0'])
  }
})

test('also when the store fails again, so that it cannot be looked at a second time', async () => {
  for (let outageMs = 6000; outageMs < 7600; outageMs += 25) {
    for (const secondMs of [1400, 4000]) {
      const again = outageMs + 150
      const sent = await sentAround([
        [outageMs, 'well'],
        [again, 'down'],
        [again + secondMs, 'well'],
      ])
      expect(sent, `outages of ${outageMs} and ${secondMs} ms`).toEqual(['refresh-0'])
    }
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
