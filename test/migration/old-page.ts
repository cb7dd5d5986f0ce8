import { createTokenManager, memoryStore, type TokenManager } from 'evergrant'
import { createAuthorizationServer, type AuthorizationServer, type Dialect } from 'evergrant/testing'
import { onTestFinished, vi } from 'vitest'
import type { TokenManagerOptions, TokenResponse } from '../../src/index.js'
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

/** How the manager of a tab differs from one of the client and server that alice has signed in at. */
type TabOptions = Partial<Pick<TokenManagerOptions, 'store' | 'key' | 'clientId' | 'issuer' | 'dpop' | 'fetch'>>

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
  openTab(options?: TabOptions): TokenManager
}

/** Makes a page that `library` has left behind, with an access token that lives for `secondsLeft`. Time stands still in it. */
export async function oldPage(
  library: string,
  changes: Partial<Particulars> & { secondsLeft?: number; dialect?: Dialect } = {},
): Promise<OldPage> {
  const { secondsLeft = 600, dialect, ...particulars } = changes
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] })
  const server = createAuthorizationServer({ ...(dialect && { dialect }) })
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
    openTab(options = {}) {
      const tokens = createTokenManager({
        issuer: server.issuer,
        clientId: 'client',
        store: place,
        autoRenew: false,
        fetch: (input, init) => server.handle(new Request(input, init)),
        ...options,
      })
      onTestFinished(() => tokens.dispose())
      return tokens
    },
  }
}
