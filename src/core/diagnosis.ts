import type { TokenEvent } from './events.js'
import type { Lock } from './lock.js'
import type { StoredRecord } from './record.js'
import type { Session } from './session.js'
import type { TokenStore } from './store.js'

/** A picture of a manager for a report of trouble. It holds no tokens. */
export interface Diagnosis {
  readonly store: {
    readonly durability: TokenStore['durability']
    /** Whether the newest tokens are in memory only, because the store did not take them. */
    readonly isBehind: boolean
  }
  readonly session: {
    readonly state: StoredRecord['state'] | 'none'
    readonly generation: number | undefined
    /** Seconds until the access token ends; absent when unknown. */
    readonly secondsLeft: number | undefined
    /** Who is renewing, how often it was tried, and whether the refresh token may be spent already. */
    readonly intent: { readonly isOurs: boolean; readonly attempt: number; readonly inDoubt: boolean } | undefined
  }
  readonly lock: string
  /** By how many milliseconds the server's clock is ahead of ours, by its last answer that told. */
  readonly serverClockOffsetMs: number | undefined
  /** What the server was seen to do. */
  readonly server: {
    /** Whether it replaced the refresh token, gave the same one, or none, in its last answer. */
    readonly refreshToken: 'rotated' | 'same' | 'omitted' | undefined
    /** Whether it ever answered a repeated request: then it has a grace period, or does not rotate. */
    readonly acceptedRetry: boolean
  }
  /** The last transitions, oldest first. */
  readonly transitions: readonly Transition[]
}

/** One thing that happened. */
export interface Transition {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly what: string
}

const mostTransitions = 20

/** Collects what {@link Diagnosis} tells beyond the present state. */
export class Journal {
  transitions: readonly Transition[] = []
  serverClockOffsetMs: number | undefined
  server: Diagnosis['server'] = { refreshToken: undefined, acceptedRetry: false }

  constructor(private readonly now: () => number) {}

  add(event: TokenEvent): void {
    this.transitions = [...this.transitions, { at: this.now(), what: describe(event) }].slice(-mostTransitions)
  }
}

function describe(event: TokenEvent): string {
  switch (event.type) {
    case 'renewed':
      return `renewed ${event.by}: generation ${event.generation}`
    case 'ended':
      return `ended: ${event.reason}`
    case 'error':
      return `${event.error.code}: ${event.error.message}`
    default:
      return event.type
  }
}

/** Takes the picture. `left` is what remains of the access token, in milliseconds. */
export function diagnose(session: Session, left: number, lock: Lock, owner: string, journal: Journal): Diagnosis {
  const { record, isHeld, store } = session
  const { generation = undefined, intent = undefined } = record?.state === 'live' ? record : {}
  return {
    store: { durability: store.durability, isBehind: isHeld },
    session: {
      state: record?.state ?? 'none',
      generation,
      secondsLeft: Number.isFinite(left) ? Math.round(left / 1000) : undefined,
      intent: intent && { isOurs: intent.owner === owner, attempt: intent.attempt, inDoubt: intent.inDoubt },
    },
    lock: lock.kind,
    serverClockOffsetMs: journal.serverClockOffsetMs,
    server: journal.server,
    transitions: [...journal.transitions],
  }
}
