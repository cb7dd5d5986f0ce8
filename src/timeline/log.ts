import type { TokenEvent } from '../core/events.js'
import type { Journal, Tab } from './journal.js'

/** How an entry is meant. */
export type Tone = 'good' | 'plain' | 'warning' | 'bad'

/** A line of the log. */
export interface Entry {
  readonly at: number
  readonly tone: Tone
  readonly title: string
  readonly detail?: string | undefined
  /** The tokens it is about: who has renewed them may become known later. */
  readonly renewed?: { readonly sessionId: string; readonly generation: number } | undefined
}

const mostEntries = 50

/** What has happened, newest first. */
export class Log {
  readonly entries: Entry[] = []

  constructor(
    private readonly journal: Journal,
    /** Called for each new entry, with what a screen reader is to say: nothing of renewals, of which there are many. */
    private readonly onEntry: (announcement: string | undefined) => void,
  ) {}

  add(tone: Tone, title: string, detail?: string): void {
    this.#put({ at: Date.now(), tone, title, detail }, title)
  }

  addEvent(event: TokenEvent): void {
    switch (event.type) {
      case 'renewed': {
        const { sessionId, generation } = event
        const detail = `generation ${generation}`
        return this.#put({ at: Date.now(), tone: 'good', title: 'Renewed', detail, renewed: { sessionId, generation } })
      }
      case 'adopted':
        return this.add('good', 'Signed in')
      case 'signedOut':
        return this.add('plain', 'Signed out', 'in all tabs')
      case 'sessionExpiring':
        return this.add('warning', 'The session ends soon', `at ${new Date(event.endsAt).toLocaleTimeString()}`)
      case 'ended':
        return this.add('bad', 'The session has ended', event.reason)
      case 'challenge':
        return this.add('warning', 'An API asks for more', `${event.error} · ${event.origin}`)
      case 'warning':
        return this.add('warning', event.message, event.warning)
      case 'error':
        return this.add('bad', event.error.message, event.error.code)
    }
  }

  /** By whom the tokens of an entry were renewed, in words. */
  author(entry: Entry): string {
    if (!entry.renewed) return ''
    const tab = this.authorTab(entry)
    if (!tab) return 'elsewhere'
    return tab.id === this.journal.ownId ? 'by this tab' : `by tab ${tab.number}`
  }

  /** The tab that renewed the tokens of an entry, if it is known. */
  authorTab({ renewed }: Entry): Tab | undefined {
    return renewed && this.journal.tab(this.journal.latest(renewed.sessionId, renewed.generation)?.tabId)
  }

  #put(entry: Entry, announcement?: string): void {
    this.entries.unshift(entry)
    this.entries.length = Math.min(this.entries.length, mostEntries)
    this.onEntry(announcement)
  }
}
