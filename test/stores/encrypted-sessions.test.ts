import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TokenManager } from '../../src/core/token-manager.js'
import { createTokenManager, encryptedStore, fileStore, type EncryptionKey } from '../../src/node.js'
import { createAuthorizationServer, type AuthorizationServer } from '../../src/testing.js'

const newKey = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))
const [oldKey, key] = [newKey(), newKey()]

let server: AuthorizationServer
let folder = ''
let path = ''
let managers: TokenManager[] = []

beforeEach(async () => {
  // The clock alone: cryptography and files take real time.
  vi.useFakeTimers({ toFake: ['Date'] })
  server = createAuthorizationServer()
  folder = await mkdtemp(join(tmpdir(), 'evergrant-'))
  path = join(folder, 'session.json')
})

afterEach(async () => {
  for (const manager of managers) await manager[Symbol.asyncDispose]()
  managers = []
  await rm(folder, { recursive: true })
  vi.useRealTimers()
})

/** A process of its own as far as the session goes: with these keys, or without encryption when there are none. */
function start(...keys: EncryptionKey[]): TokenManager {
  const file = fileStore(path)
  const manager = createTokenManager({
    issuer: server.issuer,
    clientId: 'client',
    store: keys.length > 0 ? encryptedStore(file, keys) : file,
    fetch: (input, init) => server.handle(new Request(input, init)),
    autoRenew: false,
  })
  managers.push(manager)
  return manager
}

/** Renews when the present token is no longer new, and what another process has done is known. */
async function renewLater(manager: TokenManager): Promise<string> {
  for (let looks = 0; looks < 500 && isBehind(manager); looks++) await sleep(10)
  vi.setSystemTime(Date.now() + 10_000)
  return (await manager.renew()).accessToken
}

function isBehind(manager: TokenManager): boolean {
  const snapshot = manager.getSnapshot()
  return snapshot.status === 'active' && snapshot.generation < server.redemptions.length
}

function errorsOf(manager: TokenManager): string[] {
  const errors: string[] = []
  manager.on('error', ({ error }) => errors.push(error.code))
  return errors
}

const isMisconfigured = { code: 'misconfigured', message: expect.stringMatching(/key.*signOut\(\)/) }

describe('managers with an encrypted store', () => {
  test('share one session and renew it in turns, and no token is ever in the file', async () => {
    const [one, other] = [start(key), start(key)]
    await one.setTokens(await server.signIn())
    const seen = new Set<string>()
    for (let round = 0; round < 5; round++) {
      for (const manager of [one, other]) {
        seen.add(await renewLater(manager))
        const text = await readFile(path, 'utf8')
        for (const token of seen) expect(text).not.toContain(token)
        expect(text).not.toMatch(/access\.|refresh\./)
      }
    }
    expect(seen.size).toBe(10)
    expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(Array(10).fill('accepted'))
    const { identity } = await start(key).getTokens()
    expect(identity).toEqual((await one.getTokens()).identity)
  })

  test('sign out for all of them, with whatever keys', async () => {
    const [one, other] = [start(key), start(oldKey)]
    await one.setTokens(await server.signIn())
    await one.signOut()
    await expect(other.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
    expect(server.revocations).not.toHaveLength(0)
  })

  test('replace a key without an interruption: added as the second everywhere, made the first, then dropped', async () => {
    await start(oldKey).setTokens(await server.signIn())
    const [one, other] = [start(oldKey, key), start(oldKey)]
    const tokens = [await renewLater(other), await renewLater(one), await renewLater(other)]
    const next = start(key, oldKey)
    tokens.push(await renewLater(next), await renewLater(one), await renewLater(next))
    const last = start(key)
    tokens.push(await renewLater(last))
    expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(Array(7).fill('accepted'))
    expect(new Set(tokens).size).toBe(7)
  })
})

describe.each([
  ['with a wrong key', [newKey()]],
  ['that has lost its key and has a new one', [newKey(), newKey()]],
  ['that knows nothing of encryption', []],
])('a manager %s', (_name, keys) => {
  test('says so, sends nothing and writes nothing, whatever it is asked for', async () => {
    await start(key).setTokens(await server.signIn())
    const before = await readFile(path, 'utf8')
    const manager = start(...keys)
    const errors = errorsOf(manager)
    await expect(manager.getAccessToken()).rejects.toMatchObject(isMisconfigured)
    await expect(renewLater(manager)).rejects.toMatchObject(isMisconfigured)
    await expect(manager.setTokens(await server.signIn())).rejects.toMatchObject(isMisconfigured)
    expect(manager.getSnapshot()).toEqual({ status: 'signed_out', error: expect.objectContaining(isMisconfigured) })
    expect(manager.diagnose().session.state).toBe('sealed')
    expect(errors).toEqual(['misconfigured'])
    expect(server.tokenRequests).toBe(0)
    expect(await readFile(path, 'utf8')).toBe(before)
    await renewLater(start(key))
    expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
  })

  test('discards the session when it is told to sign out, and then takes the next one', async () => {
    await start(key).setTokens(await server.signIn())
    const manager = start(...keys)
    await expect(manager.getAccessToken()).rejects.toMatchObject(isMisconfigured)
    await manager.signOut()
    expect(manager.getSnapshot()).toEqual({ status: 'signed_out', error: undefined })
    await expect(start(key).getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
    const tokens = await server.signIn()
    await manager.setTokens(tokens)
    expect(await manager.getAccessToken()).toBe(tokens.access_token)
  })
})

test('a manager whose session is sealed by others with a key it lacks reports it, and goes on once it has the key', async () => {
  const behind = start(oldKey)
  await behind.setTokens(await server.signIn())
  const events: string[] = []
  for (const type of ['signedOut', 'ended', 'error'] as const) behind.on(type, () => events.push(type))
  const ahead = start(key, oldKey)
  const accessToken = await renewLater(ahead)
  await expect(renewLater(behind)).rejects.toMatchObject(isMisconfigured)
  expect(events).toEqual(['error'])
  expect(server.tokenRequests).toBe(1)
  expect(await start(oldKey, key).getAccessToken()).toBe(accessToken)
})

test('a session that was tampered with counts as damaged, and gives way to the next sign-in', async () => {
  const store = fileStore(path)
  const name = `evergrant ${server.issuer} client default`
  await start(key).setTokens(await server.signIn())
  const found = await store.read(name)
  if (found?.record.state !== 'sealed') throw new Error('it was not sealed')
  await store.swap(name, found.revision, { ...found.record, generation: 1 })
  const manager = start(key)
  const errors = errorsOf(manager)
  await expect(manager.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
  expect(errors).toEqual(['login_required'])
  const tokens = await server.signIn()
  await manager.setTokens(tokens)
  expect(await manager.getAccessToken()).toBe(tokens.access_token)
})
