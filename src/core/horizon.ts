import type { Environment } from './environment.js'
import type { TokenEvent } from './events.js'
import { endOf, type StoredRecord } from './record.js'

/** How long before the end of a session its listeners are told, or a tenth of its time where that is shorter. */
const noticeMs = 300_000
/** Each answer tells of the same end a little differently. */
const sameMs = 60_000

/** Tells that the end of a session is near, where the server has said when it is. */
export class Horizon {
  #toldOf = -Infinity

  constructor(
    private readonly environment: Environment,
    private readonly tell: (event: TokenEvent) => void,
  ) {}

  /** Tells of the end when it is near, once. Returns the milliseconds until there is something to tell. */
  look(record: StoredRecord | undefined): number {
    if (record?.state !== 'live' || !record.lasting) return Infinity
    const endsAt = endOf(record.lasting)
    if (Math.abs(endsAt - this.#toldOf) < sameMs) return Infinity
    const left = endsAt - Math.min(noticeMs, record.lasting.ms / 10) - this.environment.now()
    if (left > 0) return left
    this.#toldOf = endsAt
    this.tell({ type: 'sessionExpiring', sessionId: record.sessionId, endsAt })
    return Infinity
  }
}
