import type { Journal, Moment, Notice } from './journal.js'

const channelName = 'evergrant-timeline'
/** How long a tab waits for others to say which names are taken. */
const introductionMs = 150
const rollCallMs = 4000
/** A tab that does not answer for so long was killed, or sleeps. */
const silentAfterMs = 10_000

/** Lets the timelines of all tabs know of each other. What they say holds ids, numbers and times, never a token. */
export class Tabs {
  readonly #heardAt = new Map<string, number>()
  #channel: BroadcastChannel | undefined
  #timers: ReturnType<typeof setTimeout>[] = []

  constructor(
    private readonly journal: Journal,
    private readonly onChange: () => void,
  ) {}

  join(): void {
    if (this.#channel) return
    this.journal.changeOwn({ closedAt: undefined })
    this.#channel = new BroadcastChannel(channelName)
    this.#channel.onmessage = ({ data }: MessageEvent<Notice>) => this.#take(data)
    this.#say(true)
    this.#timers = [
      setTimeout(() => this.#takeName(), introductionMs),
      setInterval(() => document.visibilityState === 'visible' && this.#say(true), rollCallMs),
    ]
  }

  leave(): void {
    this.journal.changeOwn({ closedAt: Date.now() })
    this.#say(false)
    this.#channel?.close()
    this.#channel = undefined
    for (const timer of this.#timers) clearTimeout(timer)
  }

  /** Tells the others what is new here. */
  tell(...moments: Moment[]): void {
    this.#say(false, moments)
  }

  isSilent(id: string): boolean {
    return id !== this.journal.ownId && Date.now() - (this.#heardAt.get(id) ?? 0) > silentAfterMs
  }

  #say(isAnswerWanted: boolean, moments: readonly Moment[] = []): void {
    const { own, ownId } = this.journal
    this.#channel?.postMessage({ from: ownId, tabs: [own], moments, isAnswerWanted } satisfies Notice)
  }

  #take(notice: Notice): void {
    const isNew = !this.#heardAt.has(notice.from)
    this.#heardAt.set(notice.from, Date.now())
    this.journal.take(notice)
    if (notice.isAnswerWanted) this.#answer(isNew)
    if (this.#isNameTaken()) this.#takeName()
    this.onChange()
  }

  /** A newcomer is told everything, the others that this tab is alive. */
  #answer(isToNewcomer: boolean): void {
    if (!isToNewcomer) return this.#say(false)
    const { ownId: from, tabs, moments } = this.journal
    this.#channel?.postMessage({ from, tabs, moments, isAnswerWanted: false } satisfies Notice)
  }

  /** Two tabs that came at the same moment, or of which one is a copy, may have one name: the one opened first keeps it. */
  #isNameTaken(): boolean {
    const { own, tabs } = this.journal
    if (own.number === 0) return false
    return tabs.some(
      ({ id, number, openedAt }) =>
        id !== own.id &&
        number === own.number &&
        (openedAt < own.openedAt || (openedAt === own.openedAt && id < own.id)),
    )
  }

  #takeName(): void {
    const { own, tabs } = this.journal
    if (own.number > 0 && !this.#isNameTaken()) return
    this.journal.changeOwn({ number: Math.max(...tabs.map(({ number }) => number), 0) + 1 })
    this.#say(false)
    this.onChange()
  }
}
