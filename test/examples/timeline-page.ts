import { createTokenManager } from '../../src/browser.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import { defineTimeline, type TimelineElement } from '../../src/timeline.js'

/** What the page of these tests offers to its tests. */
export interface TimelinePage {
  readonly tokens: TokenManager
  readonly timeline: TimelineElement
  /** Everything that timelines of other tabs have said, as JSON. */
  readonly overheard: string[]
  /** The states of the network that were asked for, by events and of the object. */
  readonly networkEvents: boolean[]
  readonly networkCalls: boolean[]
  /** What a screen reader was given to say, in turn: it is told of changes alone. */
  readonly announcements: string[]
  /** Gives the timeline a network of which it can ask more than of itself. */
  giveNetwork(): void
  /** All that there is to read of the timeline: texts and attributes. */
  content(): string
}

const parameters = new URLSearchParams(location.search)
const tokens = createTokenManager({
  issuer: parameters.get('issuer') ?? '',
  clientId: 'client',
  key: parameters.get('key') ?? undefined,
  autoRenew: !parameters.has('passive'),
})

const [overheard, networkEvents, networkCalls]: [string[], boolean[], boolean[]] = [[], [], []]
new BroadcastChannel('evergrant-timeline').onmessage = ({ data }) => overheard.push(JSON.stringify(data))

// Its property is set before there is such an element, as happens where it is defined late.
const timeline = document.createElement('evergrant-timeline')
timeline.tokens = tokens
timeline.addEventListener('evergrant-network', (event) => {
  networkEvents.push((event as CustomEvent<{ online: boolean }>).detail.online)
})
document.body.append(timeline)
defineTimeline()
defineTimeline()

const announcements: string[] = []
const announcement = timeline.shadowRoot?.querySelector('[role=status]')
if (announcement) {
  const observer = new MutationObserver(() => announcements.push(announcement.textContent ?? ''))
  observer.observe(announcement, { childList: true, characterData: true, subtree: true })
}

function giveNetwork(): void {
  timeline.network = {
    isOnline: () => networkCalls.at(-1) ?? true,
    setOnline: (isOnline) => void networkCalls.push(isOnline),
  }
}

const page: TimelinePage = {
  tokens,
  timeline,
  overheard,
  networkEvents,
  networkCalls,
  announcements,
  giveNetwork,
  content: () => `${timeline.shadowRoot?.innerHTML} ${JSON.stringify(sessionStorage)}`,
}
Object.assign(window, page)
