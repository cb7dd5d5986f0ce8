import { createTokenManager, memoryStore, type TokenManager, type TokenStore } from 'evergrant'
import { createAuthorizationServer, type AuthorizationServer } from 'evergrant/testing'
import { onTestFinished, vi } from 'vitest'
import type { TokenResponse } from '../../src/index.js'
import { storedBy, type Particulars } from './stored.js'

/** `localStorage` or `sessionStorage`, in Node. */
export class FakeStorage {
  constructor(readonly entries: Map<string, string> = new Map()) {}

  get length(): number {
    return this.entries.size
  }

  readonly key = (index: number): string | null => [...this.entries.keys()][index] ?? null
  readonly getItem = (key: string): string | null => this.entries.get(key) ?? null
  readonly removeItem = (key: string): void => void this.entries.delete(key)
}

/** A page in which an old library has signed alice in. */
export interface OldPage {
  readonly server: AuthorizationServer
  /** The answer to her sign-in. */
  readonly answer: TokenResponse
  readonly localStorage: FakeStorage
  readonly sessionStorage: FakeStorage
  /** Everything in both. */
  entries(): Readonly<Record<string, string>>
  /** Changes what is stored. */
  change(edit: (text: string) => string): void
  /** A new tab, which knows what is in `store`. */
  openTab(options?: { store?: TokenStore; key?: string; clientId?: string; issuer?: string }): TokenManager
}

/** Makes a page that `library` has left behind, with an access token that lives for `secondsLeft`. Time stands still in it. */
export async function oldPage(
  library: string,
  changes: Partial<Particulars> & { secondsLeft?: number } = {},
): Promise<OldPage> {
  const { secondsLeft = 600, ...particulars } = changes
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] })
  const server = createAuthorizationServer()
  const answer = await server.signIn({ scope: 'openid offline_access' })
  const end = Math.round(Date.now() / 1000 + secondsLeft)
  const stored = storedBy(library, { ...answer, issuer: server.issuer, end, ...particulars })
  const localStorage = new FakeStorage(new Map(Object.entries(stored.localStorage)))
  const sessionStorage = new FakeStorage(new Map(Object.entries(stored.sessionStorage)))
  for (const storage of [localStorage, sessionStorage]) storage.entries.set('my-page', 'of the application')
  vi.stubGlobal('localStorage', localStorage)
  vi.stubGlobal('sessionStorage', sessionStorage)
  onTestFinished(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })
  const place = memoryStore()
  return {
    server,
    answer,
    localStorage,
    sessionStorage,
    entries: () => Object.fromEntries([...localStorage.entries, ...sessionStorage.entries]),
    change(edit) {
      for (const { entries } of [localStorage, sessionStorage]) {
        for (const [key, text] of entries) entries.set(key, edit(text))
      }
    },
    openTab({ store = place, key, clientId = 'client', issuer = server.issuer } = {}) {
      const tokens = createTokenManager({
        issuer,
        clientId,
        store,
        key,
        autoRenew: false,
        fetch: (input, init) => server.handle(new Request(input, init)),
      })
      onTestFinished(() => tokens.dispose())
      return tokens
    },
  }
}
