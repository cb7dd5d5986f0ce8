import { setTimeout as sleep } from 'node:timers/promises'
import type { AccessTokenOptions, StoredRecord, TokenStore } from '../../src/node.js'
import type { Random } from '../simulation/random.js'
import type { RemoteHolder } from './remote-holder.js'
import type { RotatingServer } from './rotating-server.js'
import type { Trouble } from './troubles.js'

/** What a round works with. */
export interface Surroundings extends RotatingServer {
  /** The store as its operators see it. */
  readonly own: TokenStore
  /** Renews when the store fails. */
  readonly first: RemoteHolder
  /** Knows what the store tells it. */
  readonly second: RemoteHolder
  readonly random: Random
  readonly longestOutageMs: number
}

/** How the store fails in a round. */
export interface Failing {
  readonly trouble: Trouble
  /** Whether it is down until the first holder has called it a failure, and not just slow. */
  readonly isNoticed: boolean
}

/** What came of one round. All that is said of requests and of what refresh tokens are good for comes from the server. */
export interface RoundFigures {
  readonly tokenRequests: number
  /** Token requests that came while the store was down. */
  readonly spentWhileDown: number
  /** Uses of refresh tokens that the server refused. */
  readonly refused: number
  /** Whether, with the store back, what it holds would bring no new tokens. */
  readonly isLost: boolean
  /** Whether the first holder knew that the store had failed, and not just that it was slow. */
  readonly isKnown: boolean
  readonly outageMs: number
  /** From the end of the outage until the first holder has renewed once more, which takes a store that works. */
  readonly recoveryMs: number
  /** What callers were told before they got their token. */
  readonly failures: readonly string[]
  /** What else was not as it should be. */
  readonly faults: readonly string[]
}

/** A renewal that has reached the server. */
interface Underway {
  readonly token: Promise<string | undefined>
  isOver: boolean
}

/** Callers that wait for the outage to end. */
interface Waiting {
  readonly first: Promise<string | undefined>
  readonly second: Promise<string | undefined> | undefined
}

const longestLookMs = 10_000
const lookAgainMs = 50

/** One session, whose store fails between a rotation and the write of what it brought, and is mended. */
export class Round {
  readonly #failures: string[] = []
  readonly #faults: string[] = []
  #isKnown = false

  constructor(
    private readonly around: Surroundings,
    private readonly failing: Failing,
  ) {}

  async play(): Promise<RoundFigures> {
    const { server, first, second } = this.around
    const requestsBefore = server.tokenRequests
    const redemptionsBefore = server.redemptions.length
    const original = await this.#signIn()
    const underway = await this.#renewIntoTrouble()
    const [failedAt, requestsThen] = [performance.now(), server.tokenRequests]
    const waiting = await this.#suffer(original, underway)
    const [mendedAt, spentWhileDown] = [performance.now(), server.tokenRequests - requestsThen]
    await this.failing.trouble.heal()
    const newest = await waiting.first
    const recoveryMs = performance.now() - mendedAt
    await (waiting.second ?? this.#join(original))
    await second.open()
    const last = await this.#goOn(second, { rejected: newest })
    this.#expectUsable(newest, last)
    const isLost = !(await this.#isStoredUsable())
    await first.close()
    await second.close()
    return {
      tokenRequests: server.tokenRequests - requestsBefore,
      spentWhileDown,
      refused: server.redemptions.slice(redemptionsBefore).filter(({ outcome }) => outcome !== 'accepted').length,
      isLost,
      isKnown: this.#isKnown,
      outageMs: mendedAt - failedAt,
      recoveryMs,
      failures: this.#failures,
      faults: this.#faults,
    }
  }

  /** Resolves to the first access token. */
  async #signIn(): Promise<string> {
    const { server, first } = this.around
    const response = await server.signIn()
    await first.open()
    await first.signIn(response)
    return String(response.access_token)
  }

  /** Resolves once the server has rotated and the store is down. The answer leaves no sooner. */
  async #renewIntoTrouble(): Promise<Underway> {
    const { first, onRotation } = this.around
    const isDown = new Promise<void>((resolve, reject) =>
      onRotation(() => this.failing.trouble.begin().then(() => resolve(), reject)),
    )
    const fail = (error: unknown): void => this.#note('the renewal failed', error)
    const token = first.getToken({ forceRenew: true }).catch(fail) as Underway['token']
    const underway = { token, isOver: false }
    void token.then(() => (underway.isOver = true))
    // One that never gets to the server must not hold up the others.
    await Promise.race([isDown, token])
    return underway
  }

  /** Lets callers ask for more while the store is down. */
  async #suffer(original: string, underway: Underway): Promise<Waiting> {
    const { first, random, longestOutageMs } = this.around
    const hasCompany = random.chance(0.5)
    const outageMs = random.between(0, longestOutageMs)
    const { isNoticed } = this.failing
    if (isNoticed) await this.#expectHeld(await underway.token)
    const askAgain = underway.token.then((rejected) => this.#goOn(first, { rejected }))
    const second = hasCompany ? this.#join(original) : undefined
    await sleep(outageMs)
    if (!isNoticed && underway.isOver) await this.#expectHeld(await underway.token)
    return { first: askAgain, second }
  }

  /** The new tokens are used from memory, and the holder knows that they are nowhere else. */
  async #expectHeld(token: string | undefined): Promise<void> {
    const { first } = this.around
    this.#isKnown = await first.isBehind()
    if (!this.#isKnown) this.#faults.push('the store took a write while it was down')
    if ((await first.getToken()) !== token) this.#faults.push('a token that was held in memory was not served')
  }

  /** The second holder starts, and finds that its first access token is refused. */
  async #join(original: string): Promise<string | undefined> {
    const { second } = this.around
    await second.open()
    return this.#goOn(second, { rejected: original })
  }

  /** Resolves to a token, or to `undefined` when there is none to be had any more. */
  async #goOn(holder: RemoteHolder, options: AccessTokenOptions): Promise<string | undefined> {
    try {
      return await holder.getTokenInTheEnd(options, ({ code }) => this.#failures.push(code))
    } catch (error) {
      this.#note('a holder did not go on', error)
      return undefined
    }
  }

  #note(what: string, error: unknown): void {
    this.#faults.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
  }

  /** Both holders must have got on: the last token is one that the first holder did not have. */
  #expectUsable(newest: string | undefined, last: string | undefined): void {
    const { server } = this.around
    if (newest === last) this.#faults.push('the second holder got nothing new')
    if (last === undefined || !server.inspect(last)?.isUsable) this.#faults.push('the last token is of no use')
  }

  /** Asks the server about the refresh token that the store holds by now. */
  async #isStoredUsable(): Promise<boolean> {
    const record = await this.#stored()
    if (record?.state !== 'live' || record.refreshToken === undefined) return false
    return this.around.server.inspect(record.refreshToken)?.isUsable === true
  }

  async #stored(): Promise<StoredRecord | undefined> {
    const { own, server } = this.around
    for (const giveUpAt = performance.now() + longestLookMs; ;) {
      try {
        return (await own.read(`evergrant ${server.issuer} client default`))?.record
      } catch (error) {
        if (performance.now() > giveUpAt) throw error
      }
      await sleep(lookAgainMs)
    }
  }
}
