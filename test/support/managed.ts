import type { OAuthClient, ServerMetadata } from '../../src/core/client.js'
import type { Environment } from '../../src/core/environment.js'
import { createManager } from '../../src/core/manager.js'
import type { ManagerParts } from '../../src/core/parts.js'
import { noLock } from '../../src/core/lock.js'
import type { SessionRecord } from '../../src/core/record.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import { idTokenCheck } from '../../src/oauth/id-token.js'
import { oauthClient, type ClientOptions } from '../../src/oauth/client.js'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { revocation } from '../../src/oauth/revocation.js'
import { memoryStore } from '../../src/stores/memory.js'
import { FakeEnvironment } from './fake-environment.js'

export const issuer = 'https://as.example'
export const metadata: ServerMetadata = { issuer, token_endpoint: `${issuer}/token` }

/** A manager with everything that belongs to it, in surroundings that a test controls. */
export interface Managed {
  readonly manager: TokenManager
  readonly environment: FakeEnvironment
  /** What the store holds. */
  record(): Promise<SessionRecord | undefined>
}

/** How {@link manage} differs from a public client of `https://as.example` that renews only when asked. */
export interface ManagedOptions extends Partial<Omit<ClientOptions, 'environment'>> {
  readonly autoRenew?: boolean
  readonly allowedOrigins?: readonly string[]
  readonly additionalParameters?: Readonly<Record<string, string>>
}

/** A public client of `https://as.example` unless `options` say otherwise. */
function clientOf(environment: Environment, options: Partial<ClientOptions> = {}): OAuthClient {
  return oauthClient({ metadata: () => Promise.resolve(metadata), clientId: 'client', ...options, environment })
}

/** Makes a manager of the parts that a test brings, and of harmless ones. */
export function managerOf(environment: FakeEnvironment, parts: Partial<ManagerParts>): TokenManager {
  const client = clientOf(environment)
  return createManager({
    environment,
    client,
    store: memoryStore(),
    key: 'session',
    lock: noLock,
    grant: () => Promise.reject(new Error('nothing is due')),
    checkIdToken: idTokenCheck(issuer, 'client'),
    revoke: revocation(client, environment),
    allowedOrigins: new Set(),
    renewEarlySeconds: 60,
    autoRenew: true,
    ...parts,
  })
}

/** Makes a manager whose requests are answered by `fetch`. */
export function manage(fetch: typeof globalThis.fetch, options: ManagedOptions = {}): Managed {
  const environment = new FakeEnvironment(fetch)
  const store = memoryStore()
  const { autoRenew = false, allowedOrigins, additionalParameters, ...clientOptions } = options
  const client = clientOf(environment, clientOptions)
  const manager = managerOf(environment, {
    client,
    store,
    grant: refreshTokenGrant(additionalParameters),
    revoke: revocation(client, environment),
    allowedOrigins: new Set(allowedOrigins),
    autoRenew,
  })
  const record = async (): Promise<SessionRecord | undefined> => {
    const found = (await store.read('session'))?.record
    if (found?.state === 'unreadable') throw new Error(`the store holds a record that is ${found.problem}`)
    return found
  }
  return { manager, environment, record }
}

/** Answers each request with the next of `answers`, a JSON body or a whole response, and the last one from then on. */
export function answering(...answers: readonly unknown[]): typeof globalThis.fetch {
  let index = 0
  return () => {
    const answer = answers[Math.min(index++, answers.length - 1)]
    if (answer instanceof Error) return Promise.reject(answer)
    return Promise.resolve(answer instanceof Response ? answer.clone() : Response.json(answer))
  }
}
