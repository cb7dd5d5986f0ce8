import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { Lock } from '../core/lock.js'
import type { PoolEvent } from '../core/token-pool.js'

const events = channel('evergrant:event')
const renewals = tracingChannel<string, { readonly record: string }>('evergrant:renewal')

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
export const diagnostics = { lock: () => tracedLock, onEvent: publishEvent }
