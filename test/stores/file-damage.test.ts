import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TokenStore } from '../../src/core/store.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import { createTokenManager, encryptedStore, fileStore, isEvergrantError } from '../../src/node.js'
import { createAuthorizationServer } from '../../src/testing.js'

/** What a manager makes of a file that was damaged somewhere. */
interface Outcome {
  /** What a call leads to: the token that was stored, another one, or the code of an error. */
  readonly call: string
  /** The code of the error that the snapshot shows. */
  readonly shown: string | undefined
  /** What it takes until the next sign-in is taken. */
  readonly next: 'adopted' | 'adopted after signOut()' | 'refused'
}

const server = createAuthorizationServer({ rotation: { graceSeconds: 3600 } })
const key = crypto.getRandomValues(new Uint8Array(32))
const stores = {
  file: fileStore,
  encrypted: (path: string): TokenStore => encryptedStore(fileStore(path), [key]),
}

let folder = ''
const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-'))
  process.on('unhandledRejection', note)
})

afterAll(async () => {
  process.off('unhandledRejection', note)
  await rm(folder, { recursive: true })
})

function start(store: TokenStore): TokenManager {
  return createTokenManager({
    issuer: server.issuer,
    clientId: 'client',
    store,
    fetch: (input, init) => server.handle(new Request(input, init)),
    autoRenew: false,
  })
}

/** Failures of this package are outcomes; any other one is a defect, and fails the test. */
function codeOf(error: unknown): string {
  if (!isEvergrantError(error)) throw error
  return error.code
}

/** Whether it does; `false` for a failure of this package. */
async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return (await work.then(() => undefined, codeOf)) === undefined
}

/** A session in a file, and how to live with what becomes of it. */
class Scene {
  readonly #path: string
  readonly #store: TokenStore
  #content = Buffer.alloc(0)
  #token = ''

  constructor(kind: keyof typeof stores) {
    this.#path = join(folder, `${kind}.json`)
    this.#store = stores[kind](this.#path)
  }

  /** Signs in; the access token was issued so many seconds ago. */
  async signIn(secondsAgo: number): Promise<Buffer> {
    await rm(this.#path, { force: true })
    await using manager = start(this.#store)
    const tokens = await server.signIn()
    await manager.setTokens(tokens, { receivedAt: Date.now() - secondsAgo * 1000 })
    this.#token = String(tokens.access_token)
    this.#content = await readFile(this.#path)
    return this.#content
  }

  /** Flips one bit in each byte in turn. */
  async flipAll(bitOf: (index: number) => number): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const [index, byte] of this.#content.entries()) {
      const damaged = Buffer.from(this.#content)
      damaged[index] = byte ^ (1 << bitOf(index))
      outcomes.push(await this.damage(damaged))
    }
    return outcomes
  }

  /** Puts `damaged` in place of the file: asks for a token, and then signs in. */
  async damage(damaged: Buffer): Promise<Outcome> {
    await writeFile(this.#path, damaged)
    await using manager = start(this.#store)
    const call = await manager
      .getAccessToken()
      .then((token) => (token === this.#token ? 'the stored token' : 'another token'), codeOf)
    const shown = manager.getSnapshot().error?.code
    const tokens = await server.signIn()
    const isTaken = await succeeds(manager.setTokens(tokens))
    if (!isTaken && !(await succeeds(manager.signOut()))) {
      expect(await readFile(this.#path)).toEqual(damaged)
      return { call, shown, next: 'refused' }
    }
    if (!isTaken) await manager.setTokens(tokens)
    expect(await manager.getAccessToken()).toBe(tokens.access_token)
    return { call, shown, next: isTaken ? 'adopted' : 'adopted after signOut()' }
  }
}

function count(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { call, shown, next } of outcomes) {
    const outcome = `${call}, shown: ${shown}, ${next}`
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  return counts
}

/** Each of these lives some hundred lives, one after the other. */
const longestMs = 120_000

test.each(['file', 'encrypted'] as const)(
  '%s: cut off anywhere, it is reported as damaged, and gives way to the next sign-in',
  async (kind) => {
    const scene = new Scene(kind)
    const content = await scene.signIn(0)
    const outcomes: Outcome[] = []
    for (let length = 0; length < content.length; length++)
      outcomes.push(await scene.damage(content.subarray(0, length)))
    expect(count(outcomes)).toEqual({ 'login_required, shown: login_required, adopted': content.length })
    expect(unhandled).toEqual([])
  },
  longestMs,
)

/** What may come of a flipped bit, in either kind of file. Some changes make no difference to the session. */
const ofAnyFile = [
  'the stored token, shown: undefined, adopted',
  'login_required, shown: login_required, adopted',
  // The name of the session was hit, so there is none of that name any more.
  'login_required, shown: undefined, adopted',
  // The mark of a format was hit, and looks as if a newer version had written the file: that one is left alone.
  'unsupported, shown: unsupported, refused',
]

describe.each([
  { age: 'fresh', secondsAgo: 0, bitOf: () => 1 },
  { age: 'expired', secondsAgo: 7200, bitOf: (index: number) => index % 8 },
])('with a bit flipped anywhere, and an access token that is $age', ({ secondsAgo, bitOf }) => {
  test(
    'a file is used as far as it goes, or reported, and gives way to the next sign-in',
    async () => {
      const scene = new Scene('file')
      await scene.signIn(secondsAgo)
      const outcomes = count(await scene.flipAll(bitOf))
      // A token that was hit is still a token: it is for the API or the server to refuse it.
      expect([...ofAnyFile, 'another token, shown: undefined, adopted']).toEqual(
        expect.arrayContaining(Object.keys(outcomes)),
      )
      expect(outcomes['unsupported, shown: unsupported, refused'] ?? 0).toBeLessThanOrEqual(2)
      expect(outcomes['login_required, shown: login_required, adopted']).toBeGreaterThan(100)
      expect(unhandled).toEqual([])
    },
    longestMs,
  )

  test(
    'an encrypted session is never taken for another one, and its key may seem to be missing',
    async () => {
      const scene = new Scene('encrypted')
      await scene.signIn(secondsAgo)
      const outcomes = count(await scene.flipAll(bitOf))
      const isRenewed = secondsAgo > 0 ? ['another token, shown: undefined, adopted'] : []
      const lacksKey = 'misconfigured, shown: misconfigured, adopted after signOut()'
      expect([...ofAnyFile, ...isRenewed, lacksKey]).toEqual(expect.arrayContaining(Object.keys(outcomes)))
      expect(outcomes[lacksKey]).toBeLessThanOrEqual(12)
      expect(outcomes['unsupported, shown: unsupported, refused'] ?? 0).toBeLessThanOrEqual(2)
      expect(outcomes['login_required, shown: login_required, adopted']).toBeGreaterThan(500)
      expect(unhandled).toEqual([])
    },
    longestMs,
  )
})
