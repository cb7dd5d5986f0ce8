import type { TokenManager } from '../../../src/core/token-manager.js'
import type { FakeEnvironment } from '../../support/fake-environment.js'
import { issuer, manage, type Managed, type ManagedOptions } from '../../support/managed.js'

export const api = 'https://api.example'

/** A request as the API got it. */
export interface Call {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly authorization: string | null
  readonly body: string
}

/** An API that answers what a test says, and a manager whose session it is called with. */
export class Api {
  readonly calls: Call[] = []
  /** How many times the manager asked for new tokens. */
  renewals = 0
  /** What the API answers. */
  answer: (call: Call) => Response | Promise<Response> = () => new Response('done')
  /** What the authorization server answers to a renewal. */
  renewal: () => Response | Promise<Response> = () => Response.json(tokensNumber(this.renewals))
  readonly managed: Managed

  constructor(options: ManagedOptions = {}) {
    this.managed = manage((input, init) => this.#receive(new Request(input, init)), {
      allowedOrigins: [api],
      ...options,
    })
  }

  get manager(): TokenManager {
    return this.managed.manager
  }

  get environment(): FakeEnvironment {
    return this.managed.environment
  }

  /** The tokens that the API was called with, one after the other. */
  get presented(): (string | null)[] {
    return this.calls.map(({ authorization }) => authorization)
  }

  /** Starts a session with `access-0`, which renewals replace by `access-1` and so on. */
  signIn(response: object = {}): Promise<void> {
    return this.manager.setTokens({ ...tokensNumber(0), ...response })
  }

  /** Calls the API, and lets time pass until that comes to something. */
  call(input: RequestInfo | URL = `${api}/`, init?: RequestInit): Promise<Response> {
    return this.environment.passUntil(this.manager.fetch(input, init))
  }

  async #receive(request: Request): Promise<Response> {
    const { url, method, headers, signal } = request
    signal.throwIfAborted()
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })
    if (url.startsWith(issuer)) {
      this.renewals++
      return this.renewal()
    }
    const body = await request.text()
    const call = { url, method, headers, authorization: headers.get('authorization'), body }
    this.calls.push(call)
    return Promise.race([this.answer(call), aborted])
  }
}

/** An API with a session to call it with. */
export async function signedIn(options?: ManagedOptions): Promise<Api> {
  const api = new Api(options)
  await api.signIn()
  return api
}

/** An answer with a challenge; a page of another origin may see none. */
export function refusal(challenge?: string, status = 401): Response {
  return new Response('no', { status, headers: challenge === undefined ? {} : { 'www-authenticate': challenge } })
}

/** Answers that a token is not good, unless it is one of these. */
export function accepting(...tokens: string[]): (call: Call) => Response {
  const good = new Set<string | null>(tokens.map((token) => `Bearer ${token}`))
  return ({ authorization }) =>
    good.has(authorization) ? new Response('done') : refusal('Bearer error="invalid_token"')
}

function tokensNumber(number: number): object {
  const [access_token, refresh_token] = [`access-${number}`, `refresh-${number}`]
  return { access_token, token_type: 'Bearer', expires_in: 3600, refresh_token }
}

/** An answer as `fetch` gives it when it has followed a redirect to `url`. */
export function redirected(response: Response, url: string): Response {
  return Object.defineProperties(response, { url: { value: url }, redirected: { value: true } })
}
