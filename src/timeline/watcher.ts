import type { TokenEvent } from '../core/events.js'
import type { TokenManager } from '../core/token-manager.js'
import type { Journal, Moment } from './journal.js'
import type { Log } from './log.js'
import { claimsTimes, type Times } from './times.js'

/** What a token manager is watched for. */
export interface WatcherParts {
  readonly journal: Journal
  readonly log: Log
  /** Called for each moment that this tab has seen. */
  onMoment(moment: Moment): void
  onChange(): void
}

const eventTypes = [
  'adopted',
  'renewed',
  'sessionExpiring',
  'ended',
  'signedOut',
  'challenge',
  'warning',
  'error',
] as const

/** Watches one token manager by its public interface. */
export class Watcher {
  /** When the ID token was issued and ends, if there is one. */
  idToken: Times | undefined
  #sessionId = ''
  readonly #ends: (() => void)[]

  constructor(
    readonly tokens: TokenManager,
    private readonly parts: WatcherParts,
  ) {
    this.#ends = [
      tokens.subscribe(() => this.#look()),
      ...eventTypes.map((type) => tokens.on(type, (event) => this.#take(event))),
    ]
    this.#look()
  }

  end(): void {
    for (const end of this.#ends) end()
  }

  /** Notices a session that was there before this page, of which no event tells. */
  #look(): void {
    const snapshot = this.tokens.getSnapshot()
    if (snapshot.status === 'active') {
      const { sessionId, generation, expiresAt } = snapshot
      this.parts.journal.follow(sessionId)
      if (sessionId !== this.#sessionId && !this.parts.journal.latest(sessionId, generation)) {
        this.#note({ kind: 'found', sessionId, generation, expiresAt, at: Date.now() })
      }
      this.#sessionId = sessionId
    }
    this.parts.onChange()
  }

  #take(event: TokenEvent): void {
    const { journal, log } = this.parts
    const at = Date.now()
    if (event.type === 'renewed') {
      const { sessionId, generation, expiresAt } = event
      const tabId = event.by === 'here' ? journal.ownId : undefined
      this.#note({ kind: 'renewed', sessionId, generation, expiresAt, at, tabId })
    }
    if (event.type === 'adopted') this.#noteSignIn(at)
    if (event.type === 'ended' || event.type === 'signedOut') this.#noteEnd(at)
    log.addEvent(event)
  }

  #noteSignIn(at: number): void {
    const snapshot = this.tokens.getSnapshot()
    if (snapshot.status !== 'active') return
    const { sessionId, generation, expiresAt } = snapshot
    this.#note({ kind: 'signedIn', sessionId, generation, expiresAt, at })
  }

  #noteEnd(at: number): void {
    const { journal } = this.parts
    this.idToken = undefined
    this.#note({ kind: 'over', sessionId: this.#sessionId, generation: journal.moments.at(-1)?.generation ?? 0, at })
    this.#sessionId = ''
  }

  #note(moment: Moment): void {
    this.#sessionId = moment.sessionId
    this.parts.onMoment(moment)
    if (moment.kind !== 'over') void this.#readTimes(moment)
  }

  /**
   * Reads when the ID token ends, and keeps nothing else of the tokens. Only while the access token is far from its end, or
   * new: asking for one that is due would renew it, and looking must not do that. One that was handed over may be over.
   */
  async #readTimes({ kind, at, expiresAt = Infinity }: Moment): Promise<void> {
    if (expiresAt - at < (kind === 'found' ? 90_000 : 1)) return
    const tokens = await this.tokens.getTokens().catch(() => undefined)
    if (!tokens) return
    this.idToken = claimsTimes(tokens.idToken)
    this.parts.onChange()
  }
}
