import type { TokenEvent } from '../../../src/core/events.js'
import type { ManagerParts } from '../../../src/core/parts.js'
import type { TokenManager } from '../../../src/core/token-manager.js'
import type { TokenResponse } from '../../../src/core/token-response.js'
import { oauthClient, type ClientOptions } from '../../../src/oauth/client.js'
import { refreshTokenGrant } from '../../../src/oauth/refresh-token.js'
import { revocation } from '../../../src/oauth/revocation.js'
import { FakeEnvironment } from '../../support/fake-environment.js'
import { idToken } from '../../support/id-tokens.js'
import { issuer, managerOf, metadata } from '../../support/managed.js'

/** A request to revoke a token. */
export interface RevocationRequest {
  /** In milliseconds of virtual time. */
  readonly at: number
  readonly token: string
  readonly headers: Headers
  readonly form: Readonly<Record<string, string>>
}

/** A server that offers revocation, and answers as a test says. */
export class RevokingServer {
  readonly requests: RevocationRequest[] = []
  /** What it answers to revocations. */
  answer: (request: RevocationRequest) => Response | Promise<Response> = () => new Response()
  /** What it answers to renewals. */
  renewal: () => Response | Promise<Response> = () => Response.json(tokensOf('renewed'))
  readonly environment: FakeEnvironment

  constructor() {
    this.environment = new FakeEnvironment((input, init) => this.#receive(new Request(input, init)))
  }

  /** The tokens it was asked to revoke, in order. */
  get asked(): string[] {
    return this.requests.map(({ token }) => token)
  }

  /** Makes a manager that is a client of this server and renews only when it is asked to. */
  manager(parts: Partial<ManagerParts> = {}, options: Partial<ClientOptions> = {}): TokenManager {
    const { environment } = this
    const revocation_endpoint = `${issuer}/revoke`
    const known = { metadata: () => Promise.resolve({ ...metadata, revocation_endpoint }), clientId: 'client' }
    const client = oauthClient({ ...known, ...options, environment })
    const grant = refreshTokenGrant()
    return managerOf(environment, {
      client,
      grant,
      revoke: revocation(client, environment),
      autoRenew: false,
      ...parts,
    })
  }

  /** A manager with a session of alice. */
  async signedIn(parts?: Partial<ManagerParts>, options?: Partial<ClientOptions>): Promise<TokenManager> {
    const manager = this.manager(parts, options)
    await manager.setTokens(tokensOf('alice'))
    return manager
  }

  /** Signs out, and lets time pass until that is done. */
  signOut(manager: TokenManager): Promise<{ idToken: string | undefined }> {
    return this.environment.passUntil(manager.signOut())
  }

  /** Keeps the answer to the next renewals back, until the function it returns is called. */
  holdRenewal(response: object): () => void {
    let release = (): void => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    this.renewal = () => released.then(() => Response.json(response))
    return () => release()
  }

  async #receive(request: Request): Promise<Response> {
    if (!request.url.endsWith('/revoke')) return this.renewal()
    const at = this.environment.time.now
    const form = Object.fromEntries(new URLSearchParams(await request.text()))
    const received = { at, token: form.token ?? '', headers: request.headers, form }
    this.requests.push(received)
    return this.answer(received)
  }
}

/** The tokens of somebody, with an ID token if `sub` is given. */
export function tokensOf(name: string, sub?: string): TokenResponse {
  return {
    access_token: `access-${name}`,
    refresh_token: `refresh-${name}`,
    expires_in: 3600,
    ...(sub !== undefined && { id_token: idToken({ sub }) }),
  }
}

/** All events of a manager that tell of something amiss. */
export function troubleOf(manager: TokenManager): TokenEvent[] {
  const events: TokenEvent[] = []
  for (const type of ['error', 'warning'] as const) manager.on(type, (event) => events.push(event))
  return events
}
