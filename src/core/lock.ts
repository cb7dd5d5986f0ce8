/**
 * Runs `work` while no other holder of `name` runs its own, as far as the platform can tell, and settles as `work` does.
 *
 * A lock only shortens waiting: it lets others queue instead of asking the store again and again. Correctness rests on
 * the intent in the record (see `turn.ts`), so a lock must give up waiting after a bounded time and run `work` all the
 * same, and it may be lost while `work` runs.
 */
export interface Lock {
  <T>(name: string, work: () => Promise<T>): Promise<T>
  /** What it is made of, for reports. */
  readonly kind: string
}

/** For stores that only this realm uses, and for platforms that have no lock: the intent alone is correct. */
export const noLock: Lock = Object.assign(<T>(_name: string, work: () => Promise<T>): Promise<T> => work(), {
  kind: 'none',
})
