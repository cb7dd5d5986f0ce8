import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { Lock } from '../core/lock.js'
import type { PoolEvent } from '../core/token-pool.js'

/** The context of the traces on `evergrant:renewal`. */
export interface RenewalTrace {
  /** The name of the record in the store, which tells the session apart from all others. */
  readonly record: string
}

const events = channel('evergrant:event')
const renewals = tracingChannel<string, RenewalTrace>('evergrant:renewal')

/** Tells whoever listens in this process what happens to sessions. */
function publishEvent(event: PoolEvent): void {
  if (events.hasSubscribers) events.publish(event)
}

/** No lock, but a trace of each renewal; the traced object names the record in the store. */
const tracedLock: Lock = Object.assign(
  <T>(record: string, work: () => Promise<T>): Promise<T> => renewals.tracePromise(work, { record }),
  { kind: 'none' },
)

/** What managers and pools of Node are made with. */
export const diagnostics: { readonly lock: () => Lock; readonly onEvent: (event: PoolEvent) => void } = {
  lock: () => tracedLock,
  onEvent: publishEvent,
}
