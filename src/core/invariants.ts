import { isReadable, type SessionRecord, type StoredRecord } from './record.js'

/**
 * Stops the program at the edge of doing what must never happen. The ids are those of `docs/ARCHITECTURE.md`. A failure
 * is a defect of this package or of a store adapter, so it is a plain `Error` and not one a caller could act on.
 */
function invariant(holds: boolean, id: string, otherwise: string): asserts holds {
  if (!holds) throw new Error(`evergrant, invariant ${id}: ${otherwise}. Nothing was written; please report this.`)
}

/** Checks that `next` may follow `current` in the store. Every write passes here. */
export function assertSuccession(current: StoredRecord | undefined, next: SessionRecord): void {
  if (!isReadable(current) || current.sessionId !== next.sessionId) return
  const { generation } = current
  invariant(current.state === 'live' || next.state !== 'live', 'I3', 'an ended session would come back')
  invariant(next.generation >= generation, 'I2', 'the generation would go down')
  invariant(next.generation <= generation + 1, 'I5', 'a renewal would skip the generation it was made from')
  invariant(next.state !== 'ended' || next.generation === generation, 'I8', 'another generation would be ended')
}
