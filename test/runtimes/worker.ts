import { createTokenManager, memoryStore, type TokenManager } from 'evergrant'
import { testStore } from 'evergrant/testing'
import { Remote } from './remote.js'
import { objectStore, SessionObject, type ObjectStorage } from './session-object.js'
import { checks, runChecks, type Check } from './smoke.js'

/** What the configuration of the worker gives it. */
interface Bindings {
  readonly issuer: string
  readonly sessions: {
    idFromName(name: string): unknown
    get(id: unknown): { fetch(request: Request): Promise<Response> }
  }
}

interface WholeStorage extends ObjectStorage {
  deleteAll(): Promise<void>
}

interface Context {
  waitUntil(work: Promise<unknown>): void
}

type Routes = Readonly<Record<string, (tokens: TokenManager, remote: Remote) => Promise<unknown>>>

const routes: Routes = {
  async adopt(tokens, remote) {
    await tokens.setTokens({ refresh_token: await remote.signIn() })
  },
  /** With an access token that is due. */
  async 'adopt-due'(tokens, remote) {
    const due = { access_token: 'due', token_type: 'Bearer', expires_in: 100, refresh_token: await remote.signIn() }
    await tokens.setTokens(due, { receivedAt: Date.now() - 80_000 })
  },
  ask: (tokens) => tokens.getAccessToken(),
  /** Waits for the renewal, if there is one. */
  'ask-newer': (tokens) => tokens.getAccessToken({ minValiditySeconds: 60 }),
  /** Answers in the middle of a renewal. */
  async leave(tokens, remote) {
    tokens.getAccessToken().catch(() => undefined)
    for (let asked = 0; asked < 1000 && (await remote.outcomes()).length === 0; asked++);
  },
}

const options = { clientId: 'client', autoRenew: false }
/** Stands for a database that all requests reach. */
const store = memoryStore()
let shared: TokenManager | undefined

/** Workers are made to export their handlers by default. */
const handlers = {
  async fetch(request: Request, { issuer, sessions }: Bindings, context: Context): Promise<Response> {
    const [way = '', route = ''] = new URL(request.url).pathname.split('/').slice(1)
    const remote = new Remote(issuer)
    if (way === 'smoke') return Response.json(await runChecks(checks, remote))
    if (way === 'object') return sessions.get(sessions.idFromName('alice')).fetch(request)
    // One for all requests, or one for each.
    const isShared = way === 'shared'
    const tokens = (isShared && shared) || createTokenManager({ ...options, issuer, store })
    if (isShared) shared = tokens
    try {
      return await answer(route, tokens, remote)
    } finally {
      // As `docs/runtimes.md` recommends: what it has begun it finishes.
      if (way === 'own') context.waitUntil(tokens[Symbol.asyncDispose]())
    }
  },
}
export { handlers as default }

/** One manager for all requests, but in an object whose requests share what they do. */
export class TestedObject extends SessionObject {
  readonly #storage: WholeStorage
  readonly #remote: Remote

  constructor(state: { readonly storage: WholeStorage }, bindings: Bindings) {
    super(state, bindings)
    this.#storage = state.storage
    this.#remote = new Remote(bindings.issuer)
  }

  override async fetch({ url }: Request): Promise<Response> {
    const [, route = ''] = new URL(url).pathname.split('/').slice(1)
    if (route === 'conformance') return Response.json(await runChecks(conformance(this.#storage), this.#remote))
    if (route === 'ask') return Response.json(await (await super.fetch(new Request(url))).text())
    if (route !== 'adopt') return answer(route, this.tokens, this.#remote)
    const body = JSON.stringify({ refresh_token: await this.#remote.signIn() })
    await super.fetch(new Request(url, { method: 'POST', body }))
    return Response.json(null)
  }
}

async function answer(route: string, tokens: TokenManager, remote: Remote): Promise<Response> {
  return Response.json((await routes[route]?.(tokens, remote)) ?? null)
}

/** The suite for stores, as checks. */
function conformance(storage: WholeStorage): Record<string, Check> {
  const cases: Record<string, Check> = {}
  const test = (name: string, run: Check): void => void (cases[name] = run)
  testStore(test, { makePlace: () => storage.deleteAll(), open: () => objectStore(storage) })
  return cases
}
