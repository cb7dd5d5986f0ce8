import { expect, test } from 'vitest'
import { memoryStore } from '../../src/stores/memory.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'

test('a browser that throws its data away signs everybody out, who may have asked for that, and the next sign-in is kept', async () => {
  const store = memoryStore()
  const manager = managerOf(new FakeEnvironment(), { store })
  const events: string[] = []
  for (const type of ['adopted', 'signedOut', 'error'] as const) manager.on(type, () => events.push(type))
  await manager.setTokens({ access_token: 'a', refresh_token: 'r', expires_in: 3600 })
  const name = 'session'
  await store.swap(name, (await store.read(name))?.revision, undefined)
  await new Promise(setImmediate)
  expect(manager.getSnapshot().status).toBe('signed_out')
  await expect(manager.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
  expect(await store.read(name)).toBeUndefined()
  await manager.setTokens({ access_token: 'b', refresh_token: 's', expires_in: 3600 })
  expect(await manager.getAccessToken()).toBe('b')
  expect((await store.read(name))?.record.state).toBe('live')
  expect(events).toEqual(['adopted', 'signedOut', 'adopted'])
  manager.dispose()
})
