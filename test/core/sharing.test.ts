import { describe, expect, test } from 'vitest'
import { decodeRecord } from '../../src/core/codec.js'
import { sleep } from '../../src/core/environment.js'
import type { Intent, LiveRecord, SessionRecord } from '../../src/core/record.js'
import type { RotationPolicy } from '../../src/testing.js'
import { oauthClient } from '../../src/oauth/client.js'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { memoryStore } from '../../src/stores/memory.js'
import { BrittleStore } from '../support/brittle-store.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf, metadata } from '../support/managed.js'
import { ScriptedWorld } from './scripted-world.js'

/** Somebody is signed in, and has died right after a request for new tokens left. */
async function worldAfterCrash(rotation: RotationPolicy): Promise<ScriptedWorld> {
  const world = new ScriptedWorld({ rotation })
  await world.signIn()
  await world.pass(10)
  world.crashWithNextRequest(world.seat())
  void world.seat().manager.renew()
  await world.pass(1)
  return world
}

/** Lets one holder after the other live for so many seconds, and nobody in between. */
async function live(world: ScriptedWorld, lives: number, seconds: number): Promise<void> {
  for (let life = 0; life < lives; life++) {
    const seat = world.start()
    await world.pass(seconds)
    world.crash(seat)
    await world.pass(0.5)
  }
}

/** What the writes so far tell of how long a beat had stood still. */
function toldIn(world: ScriptedWorld): number[] {
  return intentsIn(world).flatMap(({ stillMs }) => stillMs ?? [])
}

function intentsIn(world: ScriptedWorld): Intent[] {
  return world.store.writes.flatMap(({ record }) => (record.state === 'live' && record.intent) || [])
}

describe('holders that live for three seconds each, after a crash', () => {
  const policies: [string, RotationPolicy][] = [
    ['a grace period', { graceSeconds: 30 }],
    ['no rotation', 'none'],
  ]

  test.each(policies)('renew between them, with %s', async (_name, rotation) => {
    const world = await worldAfterCrash(rotation)
    await live(world, 8, 3)
    expect(world.store.record).toMatchObject({ state: 'live', generation: 1 })
    expect((world.store.record as LiveRecord).intent).toBeUndefined()
  })

  test('find out between them that the answer was lost, with strict rotation', async () => {
    const world = await worldAfterCrash('strict')
    await live(world, 16, 3)
    expect(world.store.record).toMatchObject({ state: 'ended', reason: 'lost_in_flight' })
  })

  test('need no longer than one that lives on', async () => {
    const world = await worldAfterCrash('none')
    await live(world, 2, 3)
    expect(toldIn(world).at(-1)).toBeGreaterThan(3500)
    const from = world.time.now
    world.start()
    while (world.requests < 2) await world.pass(0.1)
    expect(world.time.now - from).toBeLessThan(4000)
  })
})

describe('an owner that stands still for less than six seconds', () => {
  test('is not taken over, however many watch it at the same time', async () => {
    const world = new ScriptedWorld({ holders: 11 })
    await world.signIn()
    await world.pass(10)
    const [owner, ...observers] = world.seats as [(typeof world.seats)[0], ...typeof world.seats]
    world.network.onNextSend(() => owner.holder.pause())
    const renewal = owner.manager.renew()
    await world.pass(3)
    for (const seat of observers) world.crash(seat)
    const later = observers.map(() => world.start())
    await world.pass(2.7)
    for (const seat of later) world.crash(seat)
    owner.holder.resume()
    await world.finish(renewal)
    expect(Math.max(...toldIn(world))).toBeGreaterThan(3500)
    expect(new Set(intentsIn(world).map((intent) => intent.owner)).size).toBe(1)
    expect(world.requests).toBe(1)
  })

  test('begins anew with its next beat, and stores its answer whatever the others have told', async () => {
    const world = new ScriptedWorld({ holders: 3 })
    await world.signIn()
    await world.pass(10)
    const { holder, manager } = world.seat()
    world.faults.push({ type: 'delay', responseMs: 9500 })
    world.network.onNextSend(() => world.time.after(100, () => holder.pause()))
    const renewal = manager.renew()
    await world.pass(4)
    expect((world.store.record as LiveRecord).intent).toMatchObject({ beat: 0, stillMs: expect.any(Number) as number })
    holder.resume()
    await world.pass(0.1)
    expect((world.store.record as LiveRecord).intent).toMatchObject({ beat: 1, stillMs: undefined })
    await world.finish(renewal)
    expect(world.store.record).toMatchObject({ state: 'live', generation: 1 })
    expect(world.requests).toBe(1)
  })

  test('is told of nothing while it beats', async () => {
    const world = new ScriptedWorld({ holders: 5 })
    await world.signIn()
    await world.pass(10)
    world.faults.push({ type: 'delay', responseMs: 9000 })
    await world.finish(world.seat().manager.renew())
    expect(intentsIn(world).at(-1)).toMatchObject({ beat: 4 })
    expect(toldIn(world)).toEqual([])
  })
})

test('an owner whose store takes a second to write keeps its turn, though others who are quick watch it', async () => {
  const environment = new FakeEnvironment(() => new Promise(() => undefined))
  const client = oauthClient({ metadata: () => Promise.resolve(metadata), clientId: 'client', environment })
  const place = memoryStore()
  const [slow, quick] = [new BrittleStore(environment, place), new BrittleStore(environment, place)]
  const [owner, observer] = [slow, quick].map((store) =>
    managerOf(environment, { client, store, autoRenew: false, grant: refreshTokenGrant() }),
  )
  await owner?.setTokens({ refresh_token: 'first' })
  slow.latencyMs = 1000
  owner?.getAccessToken().catch(() => undefined)
  await environment.pass(1500)
  const intentNow = async () => ((await place.read('session'))?.record as LiveRecord).intent
  const before = await intentNow()
  observer?.getAccessToken().catch(() => undefined)
  await environment.pass(8000)
  expect(before).toMatchObject({ attempt: 1, beat: 0 })
  expect((await intentNow())?.owner).toBe(before?.owner)
})

/** One holder that watches the intent of somebody else, in a store that this can change. */
async function watching(change: (store: BrittleStore) => void = () => undefined, lockMs = 0) {
  const environment = new FakeEnvironment()
  const place = memoryStore()
  const store = new BrittleStore(environment, place)
  const late = async <T>(_name: string, work: () => Promise<T>): Promise<T> => {
    await sleep(environment, lockMs)
    return work()
  }
  const lock = Object.assign(late, { kind: 'late' })
  const manager = managerOf(environment, { store, autoRenew: false, lock })
  await manager.setTokens({ refresh_token: 'first' })
  const intentNow = async () => ((await place.read('session'))?.record as LiveRecord).intent
  const write = async (intent: Intent) => {
    const { record, revision } = (await place.read('session')) ?? {}
    await place.swap('session', revision, { ...record, intent } as SessionRecord)
  }
  await write(ofOther)
  change(store)
  manager.getAccessToken().catch(() => undefined)
  return { environment, store, intentNow, write }
}

const ofOther: Intent = { owner: 'other', attempt: 1, beat: 0, inDoubt: false }

describe('telling others for how long an intent has stood still', () => {
  test('begins after two and a half seconds and goes on every second', async () => {
    const { environment, intentNow } = await watching()
    await environment.pass(2400)
    expect(await intentNow()).toEqual(ofOther)
    const told = new Set<number | undefined>()
    for (let at = 0; at < 3500; at += 50) {
      told.add((await intentNow())?.stillMs)
      await environment.pass(50)
    }
    expect(told.size).toBeGreaterThan(2)
    expect(told.size).toBeLessThan(6)
  })

  test('counts from the first look on, also while others have the lock', async () => {
    const { environment, intentNow } = await watching(undefined, 2000)
    await environment.pass(2600)
    expect((await intentNow())?.stillMs).toBeGreaterThanOrEqual(2500)
  })

  test('costs nothing when the store takes it badly', async () => {
    const { environment, store, intentNow } = await watching()
    store.isReadOnly = true
    await environment.pass(5900)
    expect(await intentNow()).toEqual(ofOther)
    store.isReadOnly = false
    await environment.pass(900)
    expect(await intentNow()).toMatchObject({ inDoubt: true, beat: 0 })
    expect((await intentNow())?.owner).not.toBe('other')
  })

  test('is left when the owner was faster', async () => {
    const moved = { ...ofOther, beat: 1 }
    const { environment, intentNow, write } = await watching((store) => {
      const swap = store.swap.bind(store)
      store.swap = async (key, expected, next) => {
        store.swap = swap
        await write(moved)
        return swap(key, expected, next)
      }
    })
    await environment.pass(4000)
    expect(await intentNow()).toEqual(moved)
    await environment.pass(4000)
    expect(await intentNow()).toMatchObject({ owner: 'other', beat: 1, stillMs: expect.any(Number) as number })
  })

  test('ends when the owner gives up for now', async () => {
    const { environment, intentNow, write } = await watching()
    await environment.pass(4000)
    expect((await intentNow())?.stillMs).toBeGreaterThan(2000)
    const paused = { ...ofOther, pause: { from: environment.now(), ms: 60_000 } }
    await write(paused)
    await environment.pass(10_000)
    expect(await intentNow()).toEqual(paused)
  })
})

test.each([[2500, 'live'] as const, ['soon', 'unreadable'] as const, [-1, 'unreadable'] as const])(
  'a record that says %j of how long an intent stands still is %s',
  (stillMs, state) => {
    const intent = { owner: 'a', attempt: 1, beat: 0, inDoubt: false, stillMs }
    const base = { format: 1, sessionId: 's', generation: 0, state: 'live', at: 0, accessTokens: {} }
    expect(decodeRecord(JSON.stringify({ ...base, intent })).state).toBe(state)
  },
)
