import type { Snapshot, TokenManager } from 'evergrant/browser'

/** What is known of the session as soon as the store has been read. */
export function knownSession({ getSnapshot, subscribe }: TokenManager): Promise<Snapshot> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (getSnapshot().status === 'starting') return
      stop()
      resolve(getSnapshot())
    }
    const stop = subscribe(look)
    look()
  })
}
