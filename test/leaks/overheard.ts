import { createTokenManager, type TokenManager, type TokenManagerOptions } from 'evergrant'
import { vi } from 'vitest'
import { everythingIn } from '../support/everything.js'
import { canaryTokens } from './canary.js'

const issuer = 'https://as.example'
const eventTypes = ['adopted', 'renewed', 'ended', 'signedOut', 'challenge', 'warning', 'error'] as const

/** A token request as the server got it. */
export interface TokenRequest {
  readonly body: string
  readonly refreshToken: string
  readonly authorization: string
}

/** What a server does with a token request. */
export type Answer = (request: TokenRequest) => Response | Promise<Response>

/** A manager with an ear at everything it lets out, apart from the tokens that callers are given. */
export class Overheard {
  readonly manager: TokenManager
  /** All text that a user, a log or a wire tap outside of TLS could see. */
  readonly heard: string[] = []
  /** What may hold secrets: the tokens that callers were given, and the bodies and credentials of requests. */
  readonly entrusted: string[] = []
  #answers: Answer[] = []
  #issued = 0

  constructor(options: Partial<TokenManagerOptions> = {}) {
    const own = { issuer, clientId: 'client', scope: 'openid', fetch: this.#fetch }
    this.manager = createTokenManager({ ...own, ...options })
    for (const type of eventTypes) this.manager.on(type, (event) => this.hear(event))
    this.manager.subscribe(() => this.hear(this.manager.getSnapshot()))
  }

  /** Answers the next token requests so; all others get new tokens. */
  answerNext(...answers: Answer[]): void {
    this.#answers.push(...answers)
  }

  newTokens(): Record<string, unknown> {
    return canaryTokens(this.#issued++)
  }

  hear(value: unknown): void {
    this.heard.push(everythingIn(value))
  }

  /** Signs in, long enough ago for the tokens not to count as new. */
  signIn(): Promise<void> {
    return this.finish(this.manager.setTokens(this.newTokens(), { receivedAt: Date.now() - 60_000 }))
  }

  /** Asks for tokens and hears why there are none, if there are none. */
  async ask(work: Promise<unknown> = this.manager.renew()): Promise<void> {
    await this.finish(work).then(
      (tokens) => void this.entrusted.push(everythingIn(tokens)),
      (error: unknown) => this.hear(error),
    )
  }

  /** Lets time pass until `work` is done. */
  async finish<T>(work: Promise<T>): Promise<T> {
    if (!vi.isFakeTimers()) return work
    let isDone = false
    const done = (): void => void (isDone = true)
    work.then(done, done)
    for (let turns = 0; !isDone && turns < 2000; turns++) await this.pass(0.05)
    if (!isDone) throw new Error('nothing came of it')
    return work
  }

  /** Lets seconds pass. */
  async pass(seconds: number): Promise<void> {
    if (vi.isFakeTimers()) await vi.advanceTimersByTimeAsync(seconds * 1000)
    else await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Looks at all there is to see of the manager. */
  look(): void {
    for (const sight of [this.manager, this.manager.getSnapshot(), this.manager.diagnose()]) this.hear(sight)
  }

  readonly #fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers)
    const authorization = headers.get('authorization') ?? ''
    headers.delete('authorization')
    this.hear([String(input), init.method, [...headers], init.referrer, init.referrerPolicy])
    if (!String(input).endsWith('/token')) return Response.json({ issuer, token_endpoint: `${issuer}/token` })
    const body = String(init.body)
    this.entrusted.push(body, authorization)
    const refreshToken = new URLSearchParams(body).get('refresh_token') ?? ''
    const answer = this.#answers.shift() ?? (() => Response.json(this.newTokens()))
    return answer({ body, refreshToken, authorization })
  }
}
