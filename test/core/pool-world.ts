import type { ManagerParts } from '../../src/core/parts.js'
import { createPool, type PoolParts } from '../../src/core/pool.js'
import type { TokenPool } from '../../src/core/token-pool.js'
import { noLock } from '../../src/core/lock.js'
import { idTokenCheck } from '../../src/oauth/id-token.js'
import { oauthClient } from '../../src/oauth/client.js'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { revocation } from '../../src/oauth/revocation.js'
import { createAuthorizationServer, type AuthorizationServer } from '../../src/testing/authorization-server.js'
import type { Fault } from '../../src/testing/faults.js'
import { BrittleStore } from '../support/brittle-store.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { issuer, metadata } from '../support/managed.js'

/** A server, a store, and pools that share them, in virtual time. */
export class PoolWorld {
  readonly environment = new FakeEnvironment((input, init) => this.#receive(new Request(input, init)))
  readonly server: AuthorizationServer
  /** When token requests arrived, in milliseconds of virtual time. */
  readonly requests: number[] = []
  fault: Fault | undefined
  /** Is called when a token request arrives. */
  onRequest: (() => void) | undefined
  readonly store: BrittleStore

  constructor() {
    const { environment } = this
    this.store = new BrittleStore(environment)
    this.server = createAuthorizationServer({ rotation: 'strict', environment, fault: () => this.fault })
  }

  pool(parts: Partial<PoolParts> = {}): TokenPool {
    const { environment, store } = this
    const client = oauthClient({ metadata: () => Promise.resolve(metadata), clientId: 'client', environment })
    const managerParts: ManagerParts = {
      environment,
      client,
      store,
      key: '',
      lock: noLock,
      grant: refreshTokenGrant(),
      checkIdToken: idTokenCheck(issuer, 'client'),
      revoke: revocation(client, environment),
      allowedOrigins: new Set(['https://as.example']),
      renewEarlySeconds: 60,
      autoRenew: true,
    }
    const limits = { maxRenewalsPerSecond: 50, maxConcurrentRenewals: 20, idleSeconds: 60, maxOpenSessions: 1000 }
    return createPool({ ...managerParts, ...limits, ...parts })
  }

  /** Signs in as many customers; gives their keys. */
  async signIn(pool: TokenPool, count: number): Promise<string[]> {
    const keys = Array.from({ length: count }, (_, index) => `customer-${index}`)
    for (const key of keys) await pool.session(key).setTokens(await this.server.signIn({ subject: key }))
    return keys
  }

  /** The most requests that came within one second. */
  get busiestSecond(): number {
    let [most, first] = [0, 0]
    this.requests.forEach((at, index) => {
      while ((this.requests[first] ?? at) <= at - 1000) first++
      most = Math.max(most, index - first + 1)
    })
    return most
  }

  #receive(request: Request): Promise<Response> {
    if (request.url.endsWith('/token')) {
      this.requests.push(this.environment.time.now)
      this.onRequest?.()
    }
    return this.server.handle(request)
  }
}
