import type { Environment } from '../core/environment.js'
import { noLock, type Lock } from '../core/lock.js'

const longestWaitMs = 2000
const nudgeMs = 1000

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
    const stopNudging = nudge(locks, environment, waiting)
    await locks
      .request(name, { signal: waiting.signal }, () => {
        stopNudging()
        return (result = work())
      })
      .catch(() => undefined)
    stopNudging()
    return result ?? work()
  }
  return Object.assign(lock, { kind: 'web-locks' })
}

/**
 * Gives up waiting after a while. Until then it asks about the locks from time to time: Chromium leaves a request
 * waiting whose holder has gone into the back/forward cache, and remembers it when asked.
 */
function nudge(locks: LockManager, environment: Environment, waiting: AbortController): () => void {
  let cancel: () => void
  const next = (left: number): void => {
    cancel = environment.setTimer(() => {
      if (left <= 0) return waiting.abort()
      void locks.query().catch(() => undefined)
      next(left - nudgeMs)
    }, nudgeMs)
  }
  next(longestWaitMs - nudgeMs)
  return () => cancel()
}
