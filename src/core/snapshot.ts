import type { EvergrantError } from './errors.js'
import type { Identity } from './grant.js'
import { endOf, type EndReason, type StoredRecord } from './record.js'

/**
 * What a user interface shows of a session. It holds no token, and stays the same object for as long as nothing in it
 * changes, as `useSyncExternalStore` and its like require.
 */
export type Snapshot =
  | {
      /** The store has not been read yet. */
      readonly status: 'starting'
      readonly error: EvergrantError | undefined
    }
  | {
      /** Nobody is signed in. */
      readonly status: 'signed_out'
      readonly error: EvergrantError | undefined
    }
  | {
      /** The session can be used. */
      readonly status: 'active'
      readonly sessionId: string
      /** Goes up by one with each renewal. */
      readonly generation: number
      /** When the access token ends, in milliseconds since 1970, if the server said so. */
      readonly expiresAt: number | undefined
      /** When the refresh token ends, in milliseconds since 1970, if the server said so; a renewal may move it. */
      readonly endsAt: number | undefined
      /** The scope of the session, if the server said so. */
      readonly scope: string | undefined
      /** Whose session it is, if the server issued an ID token. */
      readonly identity: Identity | undefined
      /** Why the last renewal failed; gone after the next success. */
      readonly error: EvergrantError | undefined
    }
  | {
      /** The server no longer renews the session: only a new sign-in helps. */
      readonly status: 'ended'
      readonly reason: EndReason
      readonly error: EvergrantError | undefined
    }

/** Takes a picture of a record. */
export function snapshotOf(
  record: StoredRecord | undefined,
  expiresAt: number | undefined,
  error: EvergrantError | undefined,
): Snapshot {
  if (record?.state === 'live') {
    const { sessionId, generation, lasting, scope, identity } = record
    const endsAt = lasting && endOf(lasting)
    return { status: 'active', sessionId, generation, expiresAt, endsAt, scope, identity, error }
  }
  return record?.state === 'ended' ? { status: 'ended', reason: record.reason, error } : { status: 'signed_out', error }
}

/** Whether `next` shows the same as `shown`. */
export function isSameSnapshot(next: Snapshot, shown: Snapshot): boolean {
  const old: Readonly<Record<string, unknown>> = shown
  // An identity read from a store is a new object each time, and within a session it stays whose it is.
  return Object.entries(next).every(([name, value]) => name === 'identity' || value === old[name])
}
