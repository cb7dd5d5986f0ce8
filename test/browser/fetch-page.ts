import { createTokenManager, memoryStore } from '../../src/browser.js'
import type { TokenEvent } from '../../src/core/events.js'
import type { TokenManager } from '../../src/core/token-manager.js'

/** What became of a call. */
export interface Outcome {
  readonly status?: number
  readonly text?: string
  /** The name of the error. */
  readonly error?: string
}

/** What the page offers to its tests. */
export interface FetchPage {
  /** Has a session with the token `token-0`, which renewals replace by `token-1` and so on. */
  readonly tokens: TokenManager
  readonly signedIn: Promise<void>
  readonly challenges: TokenEvent[]
  /** Calls an API, by `fetch` of this manager or of the browser. */
  call(by: 'manager' | 'browser', ...args: Parameters<typeof fetch>): Promise<Outcome>
}

let renewals = 0
const tokens = createTokenManager({
  clientId: 'client',
  store: memoryStore(),
  autoRenew: false,
  // The origin of the API comes with the address of the page.
  allowedOrigins: [new URLSearchParams(location.search).get('api') ?? ''],
  grant: ({ sending }) => {
    sending()
    return Promise.resolve({ response: { access_token: `token-${++renewals}`, refresh_token: 'refresh' } })
  },
})
const signedIn = tokens.setTokens({ access_token: 'token-0', refresh_token: 'refresh', expires_in: 3600 })

const challenges: TokenEvent[] = []
tokens.on('challenge', (event) => challenges.push(event))

async function call(by: 'manager' | 'browser', ...args: Parameters<typeof fetch>): Promise<Outcome> {
  await signedIn
  try {
    const response = await (by === 'manager' ? tokens.fetch : fetch)(...args)
    return { status: response.status, text: await response.text() }
  } catch (error) {
    return { error: (error as Error).name }
  }
}

const page: FetchPage = { tokens, signedIn, challenges, call }
Object.assign(window, page)
