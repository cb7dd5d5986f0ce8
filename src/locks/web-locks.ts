import type { Environment } from '../core/environment.js'
import { noLock, type Lock } from '../core/lock.js'

/** How long to wait before asking about the locks, and how long after that. */
const waitMs = 1000

/**
 * The Web Lock of a session, held by one tab at a time. A tab that waits in vain, because the holder is frozen or its
 * lock was taken away, goes on without it: the intent in the record is what keeps two renewals apart.
 */
export function webLocks(environment: Environment): Lock {
  const { locks } = globalThis.navigator ?? {}
  if (!locks) return noLock
  const lock = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    let result: Promise<T> | undefined
    const waiting = new AbortController()
    let stopTimer = environment.setTimer(() => {
      // Chromium leaves a request waiting whose holder has gone into the back/forward cache, and remembers it when asked.
      void locks.query().catch(() => undefined)
      stopTimer = environment.setTimer(() => waiting.abort(), waitMs)
    }, waitMs)
    await locks
      .request(name, { signal: waiting.signal }, () => {
        stopTimer()
        return (result = work())
      })
      .catch(() => undefined)
    stopTimer()
    return result ?? work()
  }
  return Object.assign(lock, { kind: 'web-locks' })
}
