import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clientSecretBasic, EvergrantError, fileStore, memoryStore, type TokenStore } from 'evergrant/node'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { everythingIn } from '../support/everything.js'
import { canary, canaryIdToken, canaryToken, hasCanary } from './canary.js'
import { Overheard } from './overheard.js'
import { listenToProcess, type ProcessOutput } from './process-output.js'

let output: ProcessOutput

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'], now: Date.UTC(2026, 0, 1) })
  output = listenToProcess()
})

afterEach(() => {
  output.stop()
  vi.useRealTimers()
})

/** Looks once more, ends everything, and gives all that was seen with a secret in it. */
async function sightings(overheard: Overheard): Promise<string[]> {
  overheard.look()
  overheard.manager.dispose()
  await overheard.pass(0.1)
  return [...overheard.heard, ...output.said].filter(hasCanary)
}

describe('a secret that comes out is seen', () => {
  test('wherever it begins in a text, also in base64', () => {
    for (let before = 0; before < 6; before++) {
      const text = `${'x'.repeat(before)}${canary} and more`
      for (const shape of [text, encodeURIComponent(text), btoa(text)]) expect(hasCanary(shape)).toBe(true)
    }
    expect(hasCanary(btoa(randomBytes(300).toString('latin1')))).toBe(false)
  })

  test('in what callers are given, in requests and in the store, where it may be', async () => {
    const store = memoryStore()
    const overheard = new Overheard({ store, clientAuth: clientSecretBasic(canary) })
    await overheard.signIn()
    await overheard.ask()
    const [body = '', authorization = '', tokens = ''] = overheard.entrusted
    expect([body, authorization, tokens].map(hasCanary)).toEqual([true, true, true])
    expect(hasCanary(everythingIn(await store.read('evergrant https://as.example client default')))).toBe(true)
    expect(await sightings(overheard)).toEqual([])
  })

  test('in events, snapshots, reports and the errors of calls', async () => {
    const grant = (): Promise<never> =>
      Promise.reject(new EvergrantError('unavailable', `no ${canaryToken('refresh', 1)}`))
    const overheard = new Overheard({ grant })
    await overheard.signIn()
    const failure = await overheard.finish(overheard.manager.renew().catch((error: unknown) => error))
    await overheard.pass(1)
    const { manager, heard } = overheard
    const places = { failure, snapshot: manager.getSnapshot(), report: manager.diagnose(), events: heard }
    for (const [place, value] of Object.entries(places))
      expect([place, hasCanary(everythingIn(value))]).toEqual([place, true])
  })

  test('in the addresses of requests', async () => {
    const overheard = new Overheard({
      metadata: { issuer: 'https://as.example', token_endpoint: `https://as.example/${canary}/token` },
    })
    await overheard.signIn()
    await overheard.ask()
    expect(overheard.heard.some(hasCanary)).toBe(true)
  })

  test.each<[string, () => unknown]>([
    ['the console', () => console.log({ deep: [{ inside: canary }] })],
    ['the output of the process', () => process.stdout.write(canary)],
    ['its errors', () => process.stderr.write(canary)],
    ['its warnings', () => process.emitWarning(canary)],
    ['an error that nobody catches', () => Promise.reject(new Error('x', { cause: new Error(canary) }))],
  ])('in %s', async (_place, leak) => {
    void leak()
    await new Promise((resolve) => setImmediate(resolve))
    expect(output.said.some(hasCanary)).toBe(true)
  })

  test.each<[string, unknown]>([
    ['deep inside', { a: [{ b: { c: { d: { e: { f: { g: canary } } } } } }] }],
    ['hidden', Object.defineProperty({}, 'hidden', { value: canary })],
    ['in the cause of a cause', new Error('x', { cause: new Error('y', { cause: new Error(canary) }) })],
    ['in one of several errors', new AggregateError([new Error(canary)])],
    ['as the name of a member', { [canary]: 1 }],
    ['in a map', new Map([[canary, 1]])],
  ])('in a value, %s', (_where, value) => {
    expect(hasCanary(everythingIn(value))).toBe(true)
  })
})

describe('no secret comes out', () => {
  test('of what setTokens() refuses', async () => {
    const overheard = new Overheard()
    const nonsense = [
      canary,
      [canary],
      { access_token: canary, token_type: 'mac' },
      { access_token: { canary }, refresh_token: [canary] },
      { access_token: canary, id_token: canary },
      { access_token: canary, id_token: canaryIdToken({ iss: 'https://evil.example' }) },
      { error: 'invalid_grant', error_description: canary },
    ]
    for (const response of nonsense) {
      const failure = overheard
        .finish(overheard.manager.setTokens(response as Record<string, unknown>))
        .catch((error: unknown) => error)
      expect(await failure).toMatchObject({ code: 'misconfigured' })
      overheard.hear(await failure)
    }
    expect(await sightings(overheard)).toEqual([])
  })

  test('of listeners that throw whatever they are given', async () => {
    const overheard = new Overheard()
    for (const type of ['adopted', 'renewed', 'signedOut', 'error'] as const) {
      overheard.manager.on(type, (event) => {
        throw new Error(`a mistake: ${everythingIn(event)}`, { cause: event })
      })
    }
    await overheard.signIn()
    await overheard.ask()
    overheard.answerNext(() => Response.json({ error: 'server_error', error_description: canary }, { status: 500 }))
    await overheard.pass(600)
    await overheard.finish(overheard.manager.signOut())
    expect(await sightings(overheard)).toEqual([])
    expect(output.said.join('\n')).toContain('a mistake')
  })

  test('of calls that are refused, given up, overtaken by another account or by a sign-out, or left at the end', async () => {
    const overheard = new Overheard()
    await overheard.signIn()
    const { manager } = overheard
    await overheard.ask(manager.getTokens({ rejected: canaryToken('access', 0) }))
    await overheard.pass(60)
    const slow = (): Promise<Response> =>
      overheard
        .pass(0)
        .then(() => new Promise((resolve) => setTimeout(() => resolve(Response.json(overheard.newTokens())), 3000)))
    overheard.answerNext(slow, slow, slow)
    const leaving = new AbortController()
    const calls = [manager.renew(), manager.getTokens({ forceRenew: true, signal: leaving.signal })]
    leaving.abort(new Error(canary))
    await overheard.pass(1)
    await overheard.signIn()
    calls.push(manager.renew())
    await overheard.pass(1)
    await overheard.finish(manager.signOut())
    for (const call of calls) await overheard.ask(call)
    await overheard.signIn()
    const last = manager.renew()
    await overheard.pass(1)
    manager.dispose()
    await overheard.ask(last)
    expect(overheard.heard.join('\n')).toContain('aborted')
    expect(await sightings(overheard)).toEqual([])
  })

  test.each<[string, () => unknown]>([
    ['throws its request', () => Promise.reject(Object.assign(new Error(canary), { config: { data: canary } }))],
    ['throws the token itself', () => Promise.reject(canary)],
    ['gives nothing', () => Promise.resolve(undefined)],
    [
      'gives tokens of a wrong form',
      () => Promise.resolve({ response: { access_token: [canary], token_type: canary } }),
    ],
  ])('of an own grant that %s', async (_what, grant) => {
    const overheard = new Overheard({ grant: grant as () => Promise<never> })
    await overheard.signIn()
    await overheard.ask()
    await overheard.pass(60)
    expect(await sightings(overheard)).toEqual([])
  })

  test('of a place where the secret of the client is kept, when it fails', async () => {
    const vault = (): never => {
      throw Object.assign(new Error(`no access to ${canary}`), { secret: canary })
    }
    const overheard = new Overheard({ clientAuth: clientSecretBasic(vault) })
    await overheard.signIn()
    await overheard.ask()
    expect(await sightings(overheard)).toEqual([])
  })
})

describe('no secret comes out of a store', () => {
  /** A store that fails with an error which quotes all it was given, from the second operation on or later. */
  function quoting(failsAfter: number): TokenStore {
    const store = memoryStore()
    let operations = 0
    const guard = <T>(operation: () => Promise<T>, ...given: unknown[]): Promise<T> => {
      if (operations++ < failsAfter) return operation()
      const text = JSON.stringify(given)
      return Promise.reject(
        Object.assign(new Error(`cannot write ${text}`, { cause: new Error(text) }), { given, text }),
      )
    }
    return {
      durability: 'relaxed',
      read: (key) => guard(() => store.read(key), canary),
      swap: (key, expected, next) => guard(() => store.swap(key, expected, next), expected, next),
    }
  }

  test('that quotes the record in its errors, whichever operation fails first', async () => {
    for (let failsAfter = 0; failsAfter < 7; failsAfter++) {
      const overheard = new Overheard({ store: quoting(failsAfter) })
      await overheard.signIn()
      await overheard.ask()
      await overheard.pass(600)
      await overheard.ask(overheard.manager.getTokens())
      overheard.look()
      await overheard.finish(overheard.manager.signOut()).catch((error: unknown) => overheard.hear(error))
      await overheard.pass(10)
      expect(overheard.heard.join('\n')).toContain('storage_failed')
      overheard.look()
      expect(overheard.heard.filter(hasCanary)).toEqual([])
      overheard.manager.dispose()
    }
    expect(output.said.filter(hasCanary)).toEqual([])
  })

  test.each([
    ['cut', (text: string) => text.slice(0, -40)],
    ['of somebody else', () => JSON.stringify({ tokens: [canary] })],
    ['of a newer version', (text: string) => text.replace('"format":1', '"format":99')],
    ['with a record that is damaged', (text: string) => text.replace('"live"', `"${canary}"`)],
    ['that holds no JSON', () => canary],
  ])('whose file is %s', async (_how, damage) => {
    vi.useRealTimers()
    const folder = await mkdtemp(join(tmpdir(), 'evergrant-leaks-'))
    const path = join(folder, 'session.json')
    const first = new Overheard({ store: fileStore(path) })
    await first.signIn()
    first.manager.dispose()
    const text = await readFile(path, 'utf8')
    expect(hasCanary(text)).toBe(true)
    await writeFile(path, damage(text))
    const overheard = new Overheard({ store: fileStore(path) })
    await overheard.ask(overheard.manager.getTokens())
    expect(overheard.heard.join('\n')).toMatch(/damaged|newer version/)
    for (const call of [() => overheard.signIn(), () => overheard.manager.renew(), () => overheard.manager.signOut()]) {
      await call().catch((error: unknown) => overheard.hear(error))
    }
    expect(await sightings(overheard)).toEqual([])
    await rm(folder, { recursive: true, force: true })
  })
})
