import type { Appointment } from './agenda.js'
import type { Keeper } from './keeper.js'
import type { TokenManager } from './token-manager.js'

/** A session that a pool knows. Most have no manager: all that is kept of them is when they are due. */
export interface Slot extends Appointment {
  readonly key: string
  opened: Opened | undefined
  /** Whether to renew it though nobody asks for it. */
  isKept: boolean
  /** Whether this pool has sent its refresh token and got no clear answer. The server may accept it again, but not for long. */
  isInDoubt: boolean
}

/** A session with a manager. */
export interface Opened {
  readonly slot: Slot
  readonly manager: TokenManager
  readonly keeper: Keeper
  /** How many calls are under way. */
  calls: number
  /** How many looks after what is due are under way. */
  looks: number
  /** When the last call was over, on the monotonic clock; `-Infinity` when nobody called. */
  usedAt: number
}

/** A session of which nothing is known yet. */
export function newSlot(key: string): Slot {
  return { key, opened: undefined, isKept: false, isInDoubt: false, dueAt: 0, place: -1 }
}
