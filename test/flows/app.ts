import { mendDatabase } from './broken-database.js'
import {
  createTokenManager,
  dpop,
  handleRedirectCallback,
  introspect,
  memoryStore,
  signInWithRedirect,
  signOutWithRedirect,
  webStorageStore,
  type IntrospectionResponse,
  type RedirectOutcome,
  type SignInOptions,
  type SignOutOptions,
  type TokenManager,
  type TokenStore,
} from '../../src/browser.js'

/** What has become of a redirect, or why nothing has. */
export type Answer = Partial<RedirectOutcome> & {
  readonly code?: string
  readonly error?: string
  readonly errorDescription?: string
}

/** What an application of these tests offers to its tests. */
export interface App {
  readonly tokens: TokenManager
  /** The types of all events so far; errors by their code, and a sign-in by `adopted`. */
  readonly events: string[]
  /** The address of the page whenever it did something of which another program could learn. */
  readonly addresses: string[]
  /** What the page came back with, or why it could not leave. */
  answer: Answer | undefined
  /** Leaves the page. */
  signIn(options?: Partial<SignInOptions>): void
  signOut(options?: SignOutOptions): void
  introspect(): Promise<IntrospectionResponse>
  mendDatabase(): void
}

/**
 * How the application is set up comes with its address, and the redirect URI keeps it; or it lies in `localStorage`, where
 * redirect URIs are registered before it is known. A passive one renews when it is asked to.
 */
const known = ['issuer', 'client', 'store', 'database', 'passive', 'dpop']
const kept = new URLSearchParams([...new URLSearchParams(location.search)].filter(([name]) => known.includes(name)))
const setup = new URLSearchParams(String(kept) || localStorage.setup)
const issuer = setup.get('issuer') ?? ''
const stores: Readonly<Record<string, () => TokenStore>> = {
  localStorage: () => webStorageStore(localStorage),
  sessionStorage: () => webStorageStore(sessionStorage),
  memory: memoryStore,
}

const addresses: string[] = []
/** Notes the address of the page at each call of a method. */
function note(object: object, name: string): void {
  const methods = object as Record<string, (...args: unknown[]) => unknown>
  const method = methods[name]
  methods[name] = function (this: unknown, ...args) {
    addresses.push(`${name} at ${location.href}`)
    return method?.apply(this, args)
  }
}

note(window, 'fetch')
for (const name of ['getItem', 'setItem', 'removeItem']) note(Storage.prototype, name)

const tokens = createTokenManager({
  issuer,
  clientId: setup.get('client') ?? 'client',
  scope: 'openid offline_access',
  store: stores[setup.get('store') ?? '']?.(),
  allowedOrigins: [issuer],
  autoRenew: !setup.has('passive'),
  dpop: setup.has('dpop') ? dpop() : undefined,
})

const events: string[] = []
for (const type of ['adopted', 'renewed', 'ended', 'signedOut', 'challenge', 'warning'] as const) {
  tokens.on(type, () => events.push(type))
}
tokens.on('error', ({ error }) => events.push(error.code))

const callback = Object.assign(new URL('/callback', location.origin), { search: String(kept) }).href
const keep = (error: Answer): void => {
  const { code, error: name, errorDescription } = error
  app.answer = { code, error: name, errorDescription } as Answer
}

const app: App = {
  tokens,
  events,
  addresses,
  answer: undefined,
  signIn(options) {
    app.answer = undefined
    signInWithRedirect(tokens, { redirectUri: callback, ...options }).catch(keep)
  },
  signOut(options) {
    app.answer = undefined
    signOutWithRedirect(tokens, { postLogoutRedirectUri: callback, ...options }).catch(keep)
  },
  introspect: () => introspect(tokens),
  mendDatabase,
}
Object.assign(window, { app })

if (location.pathname === '/callback') {
  handleRedirectCallback(tokens).then((outcome) => (app.answer = outcome), keep)
}
