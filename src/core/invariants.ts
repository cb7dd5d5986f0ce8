import { isReadable, type SessionRecord, type StoredRecord } from './record.js'

/**
 * Stops the program at the edge of doing what must never happen. The ids are those of `docs/ARCHITECTURE.md`. A failure
 * is a defect of this package or of a store adapter, so it is a plain `Error` and not one a caller could act on.
 */
function invariant(id: string, holds: boolean): asserts holds {
  if (!holds) throw new Error(`evergrant: invariant ${id} would be broken. Nothing was written; please report this.`)
}

/** Checks that `next` may follow `current` in the store. Every write passes here. */
export function assertSuccession(current: StoredRecord | undefined, next: SessionRecord): void {
  if (!isReadable(current) || current.sessionId !== next.sessionId) return
  const { generation } = current
  invariant('I2', next.generation >= generation)
  invariant('I3', current.state === 'live' || next.state !== 'live')
  invariant('I5', next.generation <= generation + 1)
  invariant('I8', next.state !== 'ended' || next.generation === generation)
}
