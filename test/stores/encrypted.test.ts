import { describe, expect, test, vi } from 'vitest'
import type { LiveRecord, SealedRecord, SessionRecord } from '../../src/core/record.js'
import { encryptedStore, type EncryptionKey } from '../../src/stores/encrypted.js'
import { fileStore } from '../../src/stores/file.js'
import { memoryStore } from '../../src/stores/memory.js'
import { testStore } from '../../src/testing.js'
import { canaryTokens, hasCanary } from '../leaks/canary.js'
import { damagedFile, fileBackend } from './file-backend.js'

const newKey = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))
const [key, otherKey] = [newKey(), newKey()]
const corrupt = { state: 'unreadable', problem: 'corrupt' }

function live(generation: number): LiveRecord {
  return {
    format: 1,
    state: 'live',
    sessionId: 'session',
    generation,
    at: 1,
    refreshToken: `refresh ${generation}`,
    accessTokens: {},
  }
}

const ended: SessionRecord = {
  format: 1,
  state: 'ended',
  sessionId: 'session',
  generation: 1,
  at: 1,
  reason: 'lost_in_flight',
}
const signedOut: SessionRecord = { format: 1, state: 'signed_out', sessionId: 'session', generation: 1, at: 1 }

/** A store in memory, seen through several key rings and past all of them. */
class Cabinet {
  readonly inside = memoryStore()

  constructor(private readonly name = 'place') {}

  async read(keys: readonly EncryptionKey[], name = this.name): Promise<unknown> {
    return (await encryptedStore(this.inside, keys).read(name))?.record
  }

  async write(record: SessionRecord, ...keys: EncryptionKey[]): Promise<void> {
    const store = encryptedStore(this.inside, keys)
    const { won } = await store.swap(this.name, (await store.read(this.name))?.revision, record)
    expect(won).toBe(true)
  }

  async sealed(): Promise<SealedRecord> {
    const record = (await this.inside.read(this.name))?.record
    if (record?.state !== 'sealed') throw new Error(`the record is ${record?.state}`)
    return record
  }

  /** Puts a record in place, as somebody would who can write to the store. */
  async plant(record: SessionRecord, name = this.name): Promise<void> {
    const { won } = await this.inside.swap(name, (await this.inside.read(name))?.revision, record)
    expect(won).toBe(true)
  }
}

async function withRecord(): Promise<Cabinet> {
  const cabinet = new Cabinet()
  await cabinet.write(live(1), key)
  return cabinet
}

describe('an encrypted store in memory', () =>
  testStore(test, { makePlace: () => memoryStore(), open: (store) => encryptedStore(store, [key]) }))

describe('an encrypted store in a file', () =>
  testStore(test, {
    ...fileBackend,
    content: damagedFile,
    open: (place) => encryptedStore(fileBackend.open(place), [key]),
  }))

test('an encrypted store in a file tells of changes, as the file does', () => {
  expect(encryptedStore(fileStore('session.json'), [key]).watch).toBeDefined()
})

describe('what is stored', () => {
  test('shows of a session nothing but its name and generation', async () => {
    const { access_token, refresh_token, id_token, ...extra } = canaryTokens(1)
    const accessToken = { token: String(access_token), type: 'Bearer', obtainedAt: 1 }
    const tokens = { refreshToken: String(refresh_token), accessTokens: { '': accessToken }, idToken: String(id_token) }
    const cabinet = new Cabinet()
    await cabinet.write({ ...live(7), ...tokens, scope: 'Canary7Nest4Egg9Wing', extra }, key)
    const sealed = await cabinet.sealed()
    expect(Object.keys(sealed).sort()).toEqual(['data', 'format', 'generation', 'iv', 'keyId', 'sessionId', 'state'])
    expect(sealed).toMatchObject({ format: 1, state: 'sealed', sessionId: 'session', generation: 7 })
    expect(hasCanary(JSON.stringify(sealed))).toBe(false)
    expect(hasCanary(atob(sealed.data))).toBe(false)
    expect(await cabinet.read([key])).toMatchObject({ ...tokens, extra })
  })

  test('differs each time the same is written: every write has 96 new random bits', async () => {
    const cabinet = new Cabinet()
    const seen = new Set<string>()
    for (let write = 0; write < 100; write++) {
      await cabinet.write(live(1), key)
      const { iv, data } = await cabinet.sealed()
      expect(atob(iv)).toHaveLength(12)
      seen.add(iv).add(data)
    }
    expect(seen.size).toBe(200)
  })

  test('of a session that is over is no secret, so that every store and holder sees that it is', async () => {
    for (const record of [ended, signedOut]) {
      const cabinet = new Cabinet()
      await cabinet.write(record, key)
      expect((await cabinet.inside.read('place'))?.record).toEqual(record)
      expect(await cabinet.read([otherKey])).toEqual(record)
    }
  })
})

describe('keys', () => {
  test('all open, and the first one seals anew what another one has sealed', async () => {
    const cabinet = await withRecord()
    const before = await cabinet.sealed()
    expect(await cabinet.read([otherKey, key])).toEqual(live(1))
    expect(await cabinet.sealed()).toBe(before)
    await cabinet.write(live(2), otherKey, key)
    expect(await cabinet.read([otherKey])).toEqual(live(2))
    expect((await cabinet.sealed()).keyId).not.toBe(before.keyId)
  })

  test('that are wrong or lost leave the record sealed, as it is', async () => {
    const cabinet = await withRecord()
    const sealed = await cabinet.sealed()
    expect(await cabinet.read([otherKey])).toBe(sealed)
    expect(await cabinet.read([newKey(), otherKey])).toBe(sealed)
    const result = await encryptedStore(cabinet.inside, [otherKey]).swap('place', undefined, live(2))
    expect(result).toMatchObject({ won: false, current: { record: sealed } })
    expect(await cabinet.sealed()).toBe(sealed)
    expect(await cabinet.read([key])).toEqual(live(1))
  })

  test('may be erased by their owner, or be such that nobody can export them', async () => {
    const buffer = Buffer.from(key)
    const cryptoKey = await crypto.subtle.importKey('raw', buffer, 'AES-GCM', false, ['encrypt', 'decrypt'])
    const inside = memoryStore()
    const store = encryptedStore(inside, [buffer])
    buffer.fill(0)
    await store.swap('place', undefined, live(1))
    expect((await encryptedStore(inside, [cryptoKey]).read('place'))?.record).toEqual(live(1))
  })

  test('that are none are refused at once', async () => {
    const { importKey } = crypto.subtle
    const weak = await importKey.call(crypto.subtle, 'raw', new Uint8Array(16), 'AES-GCM', false, [
      'encrypt',
      'decrypt',
    ])
    const idle = await importKey.call(crypto.subtle, 'raw', newKey() as Uint8Array<ArrayBuffer>, 'AES-GCM', false, [
      'decrypt',
    ])
    const other = await importKey.call(crypto.subtle, 'raw', new Uint8Array(32), 'AES-CBC', false, [
      'encrypt',
      'decrypt',
    ])
    const text = 'x'.repeat(32) as unknown as EncryptionKey
    const lists = [[], [new Uint8Array(31)], [weak], [idle], [other], [key, text], [key, undefined as never]]
    for (const keys of lists)
      expect(() => encryptedStore(memoryStore(), keys)).toThrow(expect.objectContaining({ code: 'misconfigured' }))
  })

  test('are of no use in a page without Web Crypto, which says so', async () => {
    vi.stubGlobal('crypto', {})
    try {
      const swap = encryptedStore(memoryStore(), [key]).swap('place', undefined, live(1))
      await expect(swap).rejects.toMatchObject({ code: 'unsupported' })
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

describe('who can write to the store', () => {
  test('cannot move a record to another key, session or generation', async () => {
    const cabinet = await withRecord()
    const sealed = await cabinet.sealed()
    await cabinet.plant(sealed, 'another place')
    expect(await cabinet.read([key], 'another place')).toEqual(corrupt)
    for (const moved of [{ sessionId: 'another' }, { sessionId: '' }, { generation: 0 }, { generation: 2 }]) {
      await cabinet.plant({ ...sealed, ...moved })
      expect(await cabinet.read([key])).toEqual(corrupt)
    }
    await cabinet.plant(sealed)
    expect(await cabinet.read([key])).toEqual(live(1))
  })

  test('cannot pass one part of its place for another', async () => {
    const cabinet = new Cabinet('a')
    await cabinet.write({ ...live(12), sessionId: 'b,1,c' }, key)
    await cabinet.plant({ ...(await cabinet.sealed()), sessionId: 'c' }, 'a,1,b')
    expect(await cabinet.read([key], 'a,1,b')).toEqual(corrupt)
  })

  test('cannot change a byte of it', async () => {
    const cabinet = await withRecord()
    const sealed = await cabinet.sealed()
    for (const member of ['iv', 'data'] as const) {
      const bytes = Buffer.from(sealed[member], 'base64')
      const planted = bytes.map((byte, index) => byte ^ (1 << (index % 8)))
      for (let index = 0; index < bytes.length; index++) {
        const flipped = Buffer.from(bytes)
        flipped[index] = planted[index] as number
        const cut = bytes.subarray(0, index)
        for (const changed of [flipped, cut]) {
          await cabinet.plant({ ...sealed, [member]: changed.toString('base64') })
          expect(await cabinet.read([key])).toEqual(corrupt)
        }
      }
    }
    for (const nonsense of [{ iv: '*' }, { data: '*' }, { data: 'ü' }]) {
      await cabinet.plant({ ...sealed, ...nonsense })
      expect(await cabinet.read([key])).toEqual(corrupt)
    }
    // Which key it was, only its owner can tell: the record counts as sealed with one that is missing.
    await cabinet.plant({ ...sealed, keyId: `${sealed.keyId}x` })
    expect(await cabinet.read([key])).toMatchObject({ state: 'sealed' })
  })

  test('cannot plant a session, unless sessions without encryption are allowed for the time of a move', async () => {
    const cabinet = new Cabinet()
    await cabinet.plant(live(1))
    expect(await cabinet.read([key])).toMatchObject({ state: 'sealed', sessionId: 'session', generation: 1 })
    const moving = encryptedStore(cabinet.inside, [key], { allowPlaintext: true })
    const found = await moving.read('place')
    expect(found?.record).toEqual(live(1))
    await moving.swap('place', found?.revision, live(2))
    expect(await cabinet.read([key])).toEqual(live(2))
  })
})
