import { DroppedConnection, type AuthorizationServer, type Redemption } from '../../src/testing.js'
import type { Holder } from './holder.js'
import type { Random } from './random.js'
import type { VirtualTime } from './virtual-time.js'

/** One token request as the network saw it. */
export interface Send {
  readonly at: number
  readonly holder: Holder
  readonly refreshToken: string
  /** What became of it; absent while it is under way. */
  fate?: string
  /** What the server made of it, each time it arrived. */
  readonly uses: Redemption[]
}

/** How often what happens to a request. */
export interface Weather {
  /** Of a hundred requests, how many meet trouble. */
  readonly troublePercent: number
  /** How late the network may deliver a request that it holds up, in milliseconds. */
  readonly mostDelayMs: number
  /** How many requests in a row may meet trouble. */
  readonly mostInARow: number
}

const troubles = [
  'refused',
  'request lost',
  'answer lost',
  'silence',
  'late request',
  'late answer',
  'twice',
  'cut',
  'error after commit',
  '503',
  '429',
  'html',
  '404',
] as const

const latestAnswerMs = 20_000

type Trouble = (typeof troubles)[number]

/** Carries requests between holders and the server, whether or not their senders live to see the answer. */
export class Network {
  readonly sends: Send[] = []
  /** Is told of every request for tokens that leaves. */
  onSend: (send: Send) => void = () => undefined
  /** Until when nothing gets through, in virtual time. */
  isDownUntil = 0
  #inARow = 0
  #isCalm = false
  readonly #onNextSend: ((holder: Holder) => void)[] = []

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
    private readonly server: AuthorizationServer,
    private readonly weather: Weather,
    private readonly onFate: (send: Send) => void,
  ) {}

  /** Calls `hit` when a request leaves next. */
  onNextSend(hit: (holder: Holder) => void): void {
    this.#onNextSend.push(hit)
  }

  readonly fetch = (holder: Holder, url: string, init: RequestInit): Promise<Response> =>
    url.endsWith('/token') ? this.#spend(holder, url, init) : this.#revoke(holder, url, init)

  #revoke(holder: Holder, url: string, init: RequestInit): Promise<Response> {
    const act = (): Promise<Response> => this.server.handle(new Request(url, init))
    return this.#carry(holder, this.#nextTrouble(), act, () => undefined)
  }

  #spend(holder: Holder, url: string, init: RequestInit): Promise<Response> {
    const refreshToken = new URLSearchParams(init.body as URLSearchParams).get('refresh_token') ?? ''
    const send: Send = { at: this.time.now, holder, refreshToken, uses: [] }
    this.sends.push(send)
    this.onSend(send)
    for (const hit of this.#onNextSend.splice(0)) hit(holder)
    const trouble = this.#nextTrouble()
    const act = async (): Promise<Response> => {
      const before = this.server.redemptions.length
      const response = await this.server.handle(new Request(url, init))
      send.uses.push(...this.server.redemptions.slice(before))
      return response
    }
    const ended = (fate: string): void => {
      send.fate = fate
      this.onFate(send)
    }
    return this.#carry(holder, trouble, act, ended)
  }

  /** Counts trouble that comes from elsewhere, so that it is not followed by too much more. */
  noteTrouble(): void {
    this.#inARow = Math.max(this.#inARow, 1)
  }

  /** Ends all trouble. */
  calm(): void {
    this.isDownUntil = 0
    this.#isCalm = true
  }

  #nextTrouble(): Trouble | undefined {
    if (this.time.now < this.isDownUntil) return this.random.pick(['refused', 'request lost'] as const)
    if (this.#isCalm) return undefined
    const isTrouble = this.#inARow < this.weather.mostInARow && this.random.chance(this.weather.troublePercent / 100)
    this.#inARow = isTrouble ? this.#inARow + 1 : 0
    return isTrouble ? this.random.pick(troubles) : undefined
  }

  async #carry(
    holder: Holder,
    trouble: Trouble | undefined,
    act: () => Promise<Response>,
    ended: (fate: string) => void,
  ): Promise<Response> {
    const { random, weather } = this
    const there = holder.latency(200)
    const back = holder.latency(200)
    const drop = (): never => {
      ended(trouble ?? '')
      throw new DroppedConnection()
    }
    const answer = async (response: Response, ms: number): Promise<Response> => {
      ended(trouble ?? String(response.status))
      return holder.answer(ms, () => response)
    }
    const status = async (code: number, body: string, headers = {}): Promise<Response> =>
      answer(await holder.answer(there, () => new Response(body, { status: code, headers })), back)
    switch (trouble) {
      case undefined:
        return answer(await this.#arrive(there, act), back)
      case 'refused':
        ended(trouble)
        return holder.answer(there, () => {
          throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })
        })
      case 'request lost':
        return holder.answer(there, drop)
      case 'answer lost':
        await this.#arrive(there, act)
        return holder.answer(back, drop)
      case 'silence':
        await this.#arrive(there, act)
        ended(trouble)
        return new Promise(() => undefined)
      case 'late request':
        return answer(await this.#arrive(there + random.next() * weather.mostDelayMs, act), back)
      case 'late answer':
        return answer(await this.#arrive(there, act), random.next() * latestAnswerMs)
      case 'twice': {
        const first = await this.#arrive(there, act)
        void this.#arrive(random.next() * 1000, act)
        return answer(first, back)
      }
      case 'cut': {
        const response = await this.#arrive(there, act)
        const text = await response.text()
        const part = text.slice(0, random.below(text.length))
        return answer(new Response(part, { status: response.status }), back)
      }
      case 'error after commit':
        await this.#arrive(there, act)
        return status(500, '{"error":"server_error"}')
      case '503':
        return status(503, '<h1>busy</h1>', random.chance(0.5) ? { 'retry-after': '3' } : {})
      case '429':
        return status(429, '{"error":"invalid_grant"}', random.chance(0.5) ? { 'retry-after': '2' } : {})
      case 'html':
        return status(200, '<html>sign in to our wifi</html>')
      case '404':
        return status(404, '<h1>no such service yet</h1>')
    }
  }

  /** The request reaches the server, also when its sender is gone. */
  #arrive(ms: number, act: () => Promise<Response>): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.time.after(ms, () => void act().then(resolve, reject))
    })
  }
}
