import type { Environment } from '../../src/core/environment.js'
import type { Random } from './random.js'
import type { VirtualTime } from './virtual-time.js'

/**
 * A tab or process: what reaches it from outside arrives only while it runs. Paused, it gets everything later; crashed,
 * never. A restart makes another holder.
 */
export class Holder {
  state: 'running' | 'paused' | 'crashed' = 'running'
  /** By how much its wall clock is off. */
  wallOffset = (): number => 0
  /** For how long its monotonic clock stood still while the machine slept. */
  asleepFor = 0
  /** Whether it is a page that nobody sees. */
  isHidden = false
  /** Lets it look for what it missed, and tells it whether it has just come online. */
  wake: (isBackOnline?: boolean) => void = () => undefined
  readonly #inbox: (() => void)[] = []
  #ids = 0

  constructor(
    readonly name: string,
    private readonly time: VirtualTime,
    private readonly random: Random,
    fetch: (holder: Holder, url: string, init: RequestInit) => Promise<Response>,
  ) {
    this.environment = {
      now: () => Date.UTC(2026, 0, 1) + this.time.now + this.wallOffset(),
      monotonic: () => this.time.now - this.asleepFor,
      random: random.next,
      uniqueId: () => `${name}-${this.#ids++}`,
      setTimer: (callback, ms) => this.#setTimer(callback, ms),
      fetch: (input, init) => fetch(this, String(input), init ?? {}),
    }
  }

  readonly environment: Environment
  /** How many timers it has set that have neither fired nor been cancelled. */
  pendingTimers = 0

  #setTimer(callback: () => void, ms: number): () => void {
    let isPending = true
    this.pendingTimers++
    const end = (): void => {
      if (isPending) this.pendingTimers--
      isPending = false
    }
    const cancel = this.time.after(ms, () => {
      end()
      this.deliver(callback)
    })
    return () => {
      end()
      cancel()
    }
  }

  /** Lets something reach the holder. */
  deliver(callback: () => void): void {
    if (this.state === 'running') callback()
    else if (this.state === 'paused') this.#inbox.push(callback)
  }

  /** Settles a promise of the holder's as something outside does, after `ms`. */
  answer<T>(ms: number, produce: () => Promise<T> | T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.time.after(ms, () => {
        void (async () => produce())().then(
          (value) => this.deliver(() => resolve(value)),
          (error: unknown) => this.deliver(() => reject(error as Error)),
        )
      })
    })
  }

  pause(): void {
    if (this.state === 'running') this.state = 'paused'
  }

  resume(): void {
    if (this.state !== 'paused') return
    this.state = 'running'
    for (const callback of this.#inbox.splice(0)) this.time.after(0, () => this.deliver(callback))
  }

  crash(): void {
    this.state = 'crashed'
  }

  /** A latency as stores and networks have it: mostly short. */
  latency(most: number): number {
    return this.random.next() ** 3 * most
  }
}
