import { createTokenManager, memoryStore, type Snapshot, type TokenManager } from '../../src/browser.js'
import { createAuthorizationServer, type AuthorizationServer } from '../../src/testing.js'
import { hydrations, mounts, type Mount, type Show } from './mounts.js'

/** What a framework made of the life of a session. */
export interface Report {
  /** What the page showed after each step. */
  readonly texts: string[]
  /** Which snapshot was shown, each time that one was: the number of changes until then. */
  readonly shown: number[]
  /** How many listeners the manager had while the framework was at work, and afterwards. */
  readonly listeners: { readonly mounted: number; readonly unmounted: number }
  /** What the framework had to say about it. */
  readonly complaints: string[]
}

/** What the page of these tests offers to them. */
export interface FrameworksPage {
  /** Starts, signs in, renews, signs out, and signs in again when the framework no longer looks. */
  follow(framework: string): Promise<Report>
  /** Hydrates `html` with a manager that starts `before` or `after` it. */
  hydrate(framework: string, html: string, starts: 'before' | 'after'): Promise<Report>
}

const longestMs = 5000
const complaints: string[] = []
for (const level of ['error', 'warn'] as const) {
  console[level] = (...what: unknown[]) => void complaints.push(what.map(String).join(' '))
}
// React reports here that a page was not what it expected.
addEventListener('error', ({ message }) => void complaints.push(message))
// Bundlers usually set what Vue asks them to.
Object.assign(window, {
  __VUE_OPTIONS_API__: false,
  __VUE_PROD_DEVTOOLS__: false,
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
})

/** A session, and the place where a framework shows it. */
class Stage {
  readonly server: AuthorizationServer = createAuthorizationServer()
  readonly tokens: TokenManager = createTokenManager({
    issuer: this.server.issuer,
    clientId: 'client',
    store: memoryStore(),
    autoRenew: false,
    fetch: (input, init) => this.server.handle(new Request(input, init)),
  })
  readonly element: Element = document.body.appendChild(document.createElement('div'))
  readonly #snapshots: Snapshot[] = [this.tokens.getSnapshot()]
  readonly #shown: Snapshot[] = []
  readonly #texts: string[] = []
  #listeners = 0
  #mounted = 0

  constructor() {
    complaints.length = 0
    const { subscribe, getSnapshot } = this.tokens
    subscribe(() => this.#snapshots.push(getSnapshot()))
    const counting: typeof subscribe = (listener) => {
      const end = subscribe(listener)
      this.#listeners++
      return () => {
        this.#listeners--
        end()
      }
    }
    Object.assign(this.tokens, { subscribe: counting })
  }

  readonly show: Show = (session) => {
    this.#shown.push(session)
    return textOf(session)
  }

  async signIn(): Promise<void> {
    const response = await this.server.signIn({ scope: 'openid offline_access' })
    await this.tokens.setTokens(response, { receivedAt: Date.now() - 60_000 })
  }

  /** Waits until the page shows the session as it is, or has had enough time to. */
  async settle(): Promise<void> {
    const endsAt = performance.now() + longestMs
    const isUpToDate = (): boolean => this.element.textContent === textOf(this.tokens.getSnapshot())
    do await new Promise((resolve) => requestAnimationFrame(resolve))
    while (!isUpToDate() && performance.now() < endsAt)
    this.#texts.push(this.element.textContent ?? '')
    this.#mounted = this.#listeners
  }

  /** Takes the framework away, and lets the session go on without it. */
  async leave(unmount: () => void): Promise<Report> {
    unmount()
    await this.signIn()
    await new Promise((resolve) => requestAnimationFrame(resolve))
    this.tokens.dispose()
    return {
      texts: this.#texts,
      shown: this.#shown.map((snapshot) => this.#snapshots.indexOf(snapshot)),
      listeners: { mounted: this.#mounted, unmounted: this.#listeners },
      complaints,
    }
  }
}

function textOf(session: Snapshot): string {
  return session.status === 'active' ? `active ${session.generation}` : session.status
}

function find(kinds: Readonly<Record<string, Mount>>, framework: string): Mount {
  const mount = kinds[framework]
  if (!mount) throw new Error(`there is no ${framework}`)
  return mount
}

async function follow(framework: string): Promise<Report> {
  const stage = new Stage()
  const { tokens } = stage
  const unmount = find(mounts, framework)(stage.element, tokens, stage.show)
  await stage.settle()
  const steps = [() => tokens.start(), () => stage.signIn(), () => tokens.renew(), () => tokens.signOut()]
  for (const step of steps) {
    await step()
    await stage.settle()
  }
  return stage.leave(unmount)
}

async function hydrate(framework: string, html: string, starts: 'before' | 'after'): Promise<Report> {
  const stage = new Stage()
  stage.element.innerHTML = html
  if (starts === 'before') await stage.signIn()
  const unmount = find(hydrations, framework)(stage.element, stage.tokens, stage.show)
  if (starts === 'after') await stage.signIn()
  await stage.settle()
  return stage.leave(unmount)
}

const page: FrameworksPage = { follow, hydrate }
Object.assign(window, page)
