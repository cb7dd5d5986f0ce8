import { createTokenManager, memoryStore, type TokenManager } from 'evergrant/browser'
import { vi } from 'vitest'
import { watchServer, type WatchedServer, type WatchedServerOptions } from './watched-server.js'

const origin = 'https://app.example'
export const redirectUri = `${origin}/callback`

/** A page of an application, in Node, with the server that its users sign in at. */
export interface FakePage extends WatchedServer {
  /** The manager of the document that is loaded. */
  readonly tokens: TokenManager
  /** Where the page sent its user, and what is to be followed next. */
  readonly sentTo: URL | undefined
  /** The address of the page. */
  readonly address: string
  /** The names of what lies in `sessionStorage`. */
  readonly remembered: readonly string[]
  /** Goes to where the page sent its user, and on to where the server sends them. There the page is loaded anew. */
  follow(): Promise<void>
  /** Changes the address of the page. */
  open(url: string): void
}

/** Replaces what the flows use of a browser. `vi.unstubAllGlobals()` ends it. */
export function fakePage({ scope, ...options }: WatchedServerOptions & { scope?: string } = {}): FakePage {
  const watched = watchServer(options)
  const stored = new Map<string, string>()
  let sentTo: URL | undefined
  const location = {
    origin,
    href: `${origin}/news?page=2#top`,
    assign: (url: URL) => void (sentTo = new URL(url)),
  }
  vi.stubGlobal('location', location)
  vi.stubGlobal('history', {
    state: null,
    replaceState: (_state: unknown, _title: string, url: URL) => void (location.href = url.href),
  })
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, text: string) => void stored.set(name, text),
    removeItem: (name: string) => void stored.delete(name),
  })
  const store = memoryStore()
  const load = (): TokenManager =>
    createTokenManager({
      issuer: watched.server.issuer,
      clientId: 'client',
      scope,
      store,
      autoRenew: false,
      fetch: (input, init) => watched.handle(new Request(input, init)),
    })
  let tokens = load()
  return {
    ...watched,
    get tokens() {
      return tokens
    },
    get sentTo() {
      return sentTo
    },
    get address() {
      return location.href
    },
    get remembered() {
      return [...stored.keys()]
    },
    async follow() {
      const { headers } = await watched.handle(new Request(String(sentTo)))
      location.href = headers.get('location') ?? ''
      sentTo = undefined
      tokens.dispose()
      tokens = load()
    },
    open: (url) => void (location.href = url),
  }
}
