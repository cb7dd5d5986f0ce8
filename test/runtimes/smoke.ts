import {
  clientSecretBasic,
  createTokenManager,
  encryptedStore,
  EvergrantError,
  isEvergrantError,
  memoryStore,
} from 'evergrant'
import type { TokenManager, TokenManagerOptions } from 'evergrant'
import { clientSecret, type Remote } from './remote.js'

/** What must hold in every runtime. It uses nothing but `evergrant` and what all runtimes have. */
export type Check = (remote: Remote) => Promise<void>

/** What came of some checks: the names of those that passed, and why others did not. */
export interface Report {
  readonly passed: string[]
  readonly failed: Record<string, string>
}

export async function runChecks(checks: Readonly<Record<string, Check>>, remote: Remote): Promise<Report> {
  const report: Report = { passed: [], failed: {} }
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check(remote)
      report.passed.push(name)
    } catch (error) {
      report.failed[name] = String(error)
    }
  }
  return report
}

export function expectEqual(actual: unknown, expected: unknown): void {
  const [is, should] = [actual, expected].map((value) => JSON.stringify(value))
  if (is !== should) throw new Error(`${is} instead of ${should}`)
}

/** Where workers run, a timer may not be set outside of a request; what renews by itself is checked elsewhere. */
function makeManager({ issuer }: Remote, options: Partial<TokenManagerOptions> = {}): TokenManager {
  return createTokenManager({ issuer, clientId: 'client', autoRenew: false, allowedOrigins: [issuer], ...options })
}

async function signedIn(remote: Remote, options: Partial<TokenManagerOptions> = {}): Promise<TokenManager> {
  const tokens = makeManager(remote, options)
  await tokens.setTokens({ refresh_token: await remote.signIn(options.clientId) })
  return tokens
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (error: unknown) => error,
  )
  return isEvergrantError(error) && error instanceof EvergrantError ? error.code : `no such error: ${String(error)}`
}

export const checks: Readonly<Record<string, Check>> = {
  async 'makes a manager'(remote) {
    expectEqual(makeManager(remote).getSnapshot().status, 'starting')
    expectEqual(await codeOf(Promise.resolve().then(() => makeManager(remote, { clientId: '' }))), 'misconfigured')
  },

  async 'renews over HTTP, once for ten callers'(remote) {
    const tokens = await signedIn(remote)
    const given = await Promise.all(Array.from({ length: 10 }, () => tokens.getAccessToken()))
    expectEqual(new Set(given).size, 1)
    expectEqual(await remote.isUsable(given[0]), true)
    expectEqual(await remote.outcomes(), ['accepted'])
    expectEqual(tokens.getSnapshot().status, 'active')
  },

  async 'stores the rotated refresh token'(remote) {
    const store = memoryStore()
    const first = await (await signedIn(remote, { store })).getAccessToken()
    const other = makeManager(remote, { store })
    expectEqual((await other.getAccessToken()) === first, true)
    const second = await other.getAccessToken({ rejected: first })
    expectEqual([second === first, await remote.isUsable(second)], [false, true])
    expectEqual(await remote.outcomes(), ['accepted', 'accepted'])
  },

  async 'keeps the session encrypted'(remote) {
    const store = memoryStore()
    const key = crypto.getRandomValues(new Uint8Array(32))
    const otherKey = crypto.getRandomValues(new Uint8Array(32))
    const token = await (await signedIn(remote, { store: encryptedStore(store, [key]) })).getAccessToken()
    const same = await makeManager(remote, { store: encryptedStore(store, [otherKey, key]) }).getAccessToken()
    expectEqual(same === token, true)
    const locked = makeManager(remote, { store: encryptedStore(store, [otherKey]) })
    expectEqual(await codeOf(locked.getAccessToken()), 'misconfigured')
  },

  async 'sends the token to an allowed origin and to no other'(remote) {
    const tokens = await signedIn(remote)
    const response = await tokens.fetch(`${remote.issuer}/resource`)
    expectEqual([response.status, await response.json()], [200, { subject: 'alice' }])
    expectEqual(await codeOf(tokens.fetch('http://127.0.0.2/resource')), 'misconfigured')
  },

  async 'repeats a call that was refused with 401'(remote) {
    const tokens = await signedIn(remote)
    await remote.revoke(await tokens.getAccessToken())
    const response = await tokens.fetch(`${remote.issuer}/resource`, { method: 'POST', body: 'a body' })
    expectEqual(response.status, 200)
    expectEqual(await remote.outcomes(), ['accepted', 'accepted'])
  },

  async 'signs out, and has the tokens revoked'(remote) {
    const tokens = await signedIn(remote)
    const token = await tokens.getAccessToken()
    await tokens.signOut()
    expectEqual(await remote.isUsable(token), false)
    expectEqual(await codeOf(tokens.getAccessToken()), 'login_required')
  },

  async 'tells that the server has ended the session'(remote) {
    const tokens = await signedIn(remote)
    await remote.endSession()
    expectEqual(await codeOf(tokens.getAccessToken()), 'login_required')
    expectEqual(tokens.getSnapshot().status, 'ended')
  },

  async 'keeps the session while the server is unavailable'(remote) {
    const tokens = await signedIn(remote)
    await remote.failNext()
    expectEqual(await codeOf(tokens.getAccessToken()), 'unavailable')
    expectEqual(tokens.getSnapshot().status, 'active')
  },

  async 'follows no redirect, which would take the refresh token elsewhere'(remote) {
    const tokens = await signedIn(remote)
    await remote.redirectNext()
    expectEqual(await codeOf(tokens.getAccessToken()), 'unavailable')
    expectEqual(await remote.outcomes(), [])
  },

  async 'leaves nothing running behind an answer, where it is told to renew nothing early'(remote) {
    let requests = 0
    const counted: typeof fetch = (input, init) => {
      requests++
      return fetch(input, init)
    }
    const tokens = makeManager(remote, { renewEarlySeconds: 0, fetch: counted })
    const due = { access_token: 'due', token_type: 'Bearer', expires_in: 100, refresh_token: await remote.signIn() }
    await tokens.setTokens(due, { receivedAt: Date.now() - 80_000 })
    expectEqual(await tokens.getAccessToken(), 'due')
    expectEqual([await remote.outcomes(), requests], [[], 0])
    expectEqual(await remote.isUsable(await tokens.getAccessToken({ minValiditySeconds: 60 })), true)
    expectEqual(await remote.outcomes(), ['accepted'])
  },

  async 'gives up when the caller does'(remote) {
    const tokens = await signedIn(remote)
    expectEqual(await codeOf(tokens.getAccessToken({ signal: AbortSignal.abort() })), 'aborted')
  },

  async 'authenticates a web client with HTTP Basic'(remote) {
    const tokens = await signedIn(remote, { clientId: 'web', clientAuth: clientSecretBasic(clientSecret) })
    expectEqual(await remote.isUsable(await tokens.getAccessToken()), true)
  },
}
