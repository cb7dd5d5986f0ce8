/** One page that shows a timeline. */
export interface Tab {
  readonly id: string
  /** Part of its name; 0 until it is known which are taken. */
  readonly number: number
  /** In milliseconds since 1970, as all times here. */
  readonly openedAt: number
  readonly closedAt?: number | undefined
  /** When its network was cut; the last cut may not be over. */
  readonly cuts: readonly { readonly from: number; readonly to?: number | undefined }[]
}

/** A moment from which a session has other tokens than before, or none. It holds no token. */
export interface Moment {
  /** `found`: the page was opened and the session was there already. */
  readonly kind: 'signedIn' | 'renewed' | 'found' | 'over'
  readonly sessionId: string
  readonly generation: number
  readonly at: number
  /** When the access token ends, if the server said so. */
  readonly expiresAt?: number | undefined
  /** Whose doing it was, if it was one of the tabs that are known. */
  readonly tabId?: string | undefined
}

/** What tabs tell each other. */
export interface Notice {
  readonly from: string
  readonly tabs: readonly Tab[]
  readonly moments: readonly Moment[]
  readonly isAnswerWanted: boolean
}

const mostMoments = 200

/** What is known of the session and the tabs, by this tab and by what others say. */
export class Journal {
  readonly #tabs = new Map<string, Tab>()
  readonly #moments = new Map<string, Moment>()
  readonly #sessions = new Set<string>()

  constructor(readonly ownId: string) {}

  get own(): Tab {
    return this.#tabs.get(this.ownId) ?? { id: this.ownId, number: 0, openedAt: Date.now(), cuts: [] }
  }

  changeOwn(change: Partial<Tab>): void {
    this.#tabs.set(this.ownId, { ...this.own, ...change })
  }

  tab(id: string | undefined): Tab | undefined {
    return id === undefined ? undefined : this.#tabs.get(id)
  }

  /** In the order of their names. */
  get tabs(): Tab[] {
    return [...this.#tabs.values()].sort((one, other) => one.number - other.number)
  }

  /** Those of the sessions that this tab has seen, in the order of time: an origin may have several at once. */
  get moments(): Moment[] {
    const ours = [...this.#moments.values()].filter(({ sessionId }) => this.#sessions.has(sessionId))
    return ours.sort((one, other) => one.at - other.at)
  }

  /** The moment of which the tokens in use are, as far as it is known. */
  latest(sessionId: string, generation: number): Moment | undefined {
    return this.#moments.get(`${sessionId} ${generation}`)
  }

  /** Notes that a session is one of this tab. */
  follow(sessionId: string): void {
    this.#sessions.add(sessionId)
  }

  /** Keeps a moment of a session of this tab. */
  add(moment: Moment): void {
    this.follow(moment.sessionId)
    this.#keep(moment)
  }

  /** Of a moment that is known already, what is more exact stays: who did it, and when. */
  #keep(moment: Moment): void {
    const key = `${moment.sessionId} ${moment.kind === 'over' ? 'over' : moment.generation}`
    const known = this.#moments.get(key)
    if (known && exactness(known) >= exactness(moment)) return
    this.#moments.set(key, moment)
    if (this.#moments.size > mostMoments) this.#moments.delete([...this.#moments.keys()][0] ?? '')
  }

  /** Takes what another tab says: of itself it knows best, of third ones it may have old news. */
  take({ from, tabs, moments }: Notice): void {
    for (const tab of tabs) {
      if (tab.id === this.ownId || (tab.id !== from && this.#tabs.has(tab.id))) continue
      this.#tabs.set(tab.id, tab)
    }
    for (const moment of moments) this.#keep(moment)
  }

  /** Forgets closed tabs that have done nothing since `before`. */
  forget(before: number): void {
    for (const { id, closedAt } of this.tabs) {
      const isRecent = this.moments.some(({ tabId, at }) => tabId === id && at > before)
      if (closedAt !== undefined && closedAt < before && !isRecent) this.#tabs.delete(id)
    }
  }
}

function exactness({ kind, tabId }: Moment): number {
  return (kind === 'found' ? 0 : 2) + (tabId === undefined ? 0 : 1)
}
