import type { Lock } from '../../src/core/lock.js'
import type { Holder } from './holder.js'
import type { VirtualTime } from './virtual-time.js'

const longestWaitMs = 5000

/** A lock as browsers have it: first come, first served; freed when its holder crashes; it can be taken away. */
export class SharedLock {
  #owner: { holder: Holder } | undefined
  #queue: { holder: Holder; grant: () => void; isGone: boolean }[] = []

  constructor(private readonly time: VirtualTime) {}

  seenBy(holder: Holder): Lock {
    const lock = async <T>(_name: string, work: () => Promise<T>): Promise<T> => {
      const release = await this.#acquire(holder)
      try {
        return await work()
      } finally {
        release()
      }
    }
    return Object.assign(lock, { kind: 'simulated' })
  }

  /** Takes the lock from whoever has it; that one goes on without knowing. */
  steal(): void {
    this.#owner = undefined
    this.#next()
  }

  /** Frees what a crashed holder had. */
  forget(holder: Holder): void {
    this.#queue = this.#queue.filter((waiting) => waiting.holder !== holder)
    if (this.#owner?.holder === holder) this.steal()
  }

  #acquire(holder: Holder): Promise<() => void> {
    return new Promise((resolve) => {
      const claim = { holder }
      const release = (): void => {
        if (this.#owner === claim) this.steal()
      }
      const grant = (): void => {
        this.#owner = claim
        cancel()
        holder.deliver(() => resolve(release))
      }
      const waiting = { holder, grant, isGone: false }
      const cancel = this.time.after(longestWaitMs, () => {
        waiting.isGone = true
        holder.deliver(() => resolve(() => undefined))
      })
      this.#queue.push(waiting)
      this.#next()
    })
  }

  #next(): void {
    if (this.#owner) return
    const waiting = this.#queue.find(({ isGone }) => !isGone)
    this.#queue = this.#queue.filter((other) => other !== waiting && !other.isGone)
    waiting?.grant()
  }
}
