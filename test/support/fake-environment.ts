import type { Environment } from '../../src/core/environment.js'
import { Random } from '../simulation/random.js'
import { VirtualTime } from '../simulation/virtual-time.js'

const start = Date.UTC(2026, 0, 1)

/** A timer that has been set and neither fired nor been cancelled. */
export interface FakeTimer {
  readonly ms: number
}

/** Surroundings under a test's control: time passes when the test says so, and `fetch` is the test's own. */
export class FakeEnvironment implements Environment {
  readonly time: VirtualTime = new VirtualTime()
  /** By how much the wall clock was set, in milliseconds. */
  wallOffset = 0
  #stoppedMs = 0
  readonly timers = new Set<FakeTimer>()
  readonly #random = new Random(1)
  #ids = 0

  constructor(public fetch: typeof globalThis.fetch = refuse) {}

  readonly now = (): number => start + this.time.now + this.wallOffset
  readonly monotonic = (): number => this.time.now + this.#stoppedMs
  readonly random = (): number => this.#random.next()
  readonly uniqueId = (): string => `id-${this.#ids++}`

  readonly setTimer = (callback: () => void, ms: number): (() => void) => {
    const timer: FakeTimer = { ms }
    this.timers.add(timer)
    const cancel = this.time.after(ms, () => {
      this.timers.delete(timer)
      callback()
    })
    return () => {
      this.timers.delete(timer)
      cancel()
    }
  }

  /** Lets time pass until `work` settles, and settles as it does. */
  async passUntil<T>(work: Promise<T>, mostMs = 120_000): Promise<T> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    work.then(settled, settled)
    for (const end = this.time.now + mostMs; !isSettled && this.time.now < end;) await this.pass(20)
    if (!isSettled) throw new Error(`nothing came of it within ${mostMs} ms`)
    return work
  }

  /** Time passes while the process is stopped: all that was due meanwhile is due at once afterwards. */
  stop(ms: number): void {
    this.wallOffset += ms
    this.#stoppedMs += ms
  }

  /** Lets `ms` pass. */
  pass(ms: number): Promise<void> {
    return this.time.run(this.time.now + ms)
  }
}

function refuse(): Promise<Response> {
  return Promise.reject(new Error('this test makes no request'))
}
