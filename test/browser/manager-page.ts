import { createTokenManager } from '../../src/browser.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import { createAuthorizationServer } from '../../src/testing.js'

/** A call for an access token, as the page that made it saw it. Times are milliseconds since 1970. */
export interface Call {
  readonly token: string
  readonly calledAt: number
}

/** What a page of these tests offers to its tests. */
export interface ManagerPage {
  readonly tokens: TokenManager
  /** The types of all events so far; a renewal says also who made it. */
  readonly events: string[]
  /** The code of the error of each call that failed. */
  readonly failures: string[]
  /** The tokens that were given, each with the last call that was given it. */
  readonly calls: Map<string, Call>
  /** Starts to ask for a token again and again. */
  keepAsking(): void
  /** Runs a manager against an authorization server within this page; resolves to what became of its session. */
  renewWithin(): Promise<{ isUsable: boolean | undefined; outcomes: string[] }>
}

const pollMs = 40

/** The issuer, and whether the page renews in the background, come with its address. */
const parameters = new URLSearchParams(location.search)
const tokens = createTokenManager({
  issuer: parameters.get('issuer') ?? '',
  clientId: 'client',
  autoRenew: !parameters.has('passive'),
})

const [events, failures]: [string[], string[]] = [[], []]
const calls = new Map<string, Call>()
for (const type of ['adopted', 'ended', 'signedOut', 'error'] as const) tokens.on(type, () => events.push(type))
tokens.on('renewed', ({ by }) => events.push(`renewed ${by}`))

function keepAsking(): void {
  const calledAt = Date.now()
  void tokens
    .getAccessToken()
    .then(
      (token) => void calls.set(token, { token, calledAt }),
      (error: { code?: string }) => void failures.push(error.code ?? String(error)),
    )
    .then(() => setTimeout(keepAsking, pollMs))
}

async function renewWithin(): Promise<{ isUsable: boolean | undefined; outcomes: string[] }> {
  const server = createAuthorizationServer({ issuer: 'https://within.example', rotation: { graceSeconds: 30 } })
  const manager = createTokenManager({
    issuer: server.issuer,
    clientId: 'client',
    fetch: (input, init) => server.handle(new Request(input, init)),
  })
  await manager.setTokens(await server.signIn(), { receivedAt: Date.now() - 60_000 })
  server.failNext({ type: 'drop-response' })
  const { accessToken } = await manager.renew()
  const isUsable = server.inspect(accessToken)?.isUsable
  await manager.signOut()
  return { isUsable, outcomes: server.redemptions.map(({ outcome }) => outcome) }
}

const page: ManagerPage = { tokens, events, failures, calls, keepAsking, renewWithin }
Object.assign(window, page)
