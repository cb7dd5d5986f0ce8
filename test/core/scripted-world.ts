import { onTestFinished } from 'vitest'
import type { Fault, RotationPolicy } from '../../src/testing.js'
import { World, type Seat } from '../simulation/world.js'

export type { Seat } from '../simulation/world.js'

/** The simulated world in fine weather: what goes wrong in it, a test says. */
export class ScriptedWorld extends World {
  /** What happens to the next requests, first come, first served. */
  readonly faults: Fault[] = []
  /** Until when no request gets an answer but 503, in virtual time. */
  isDownUntil = 0

  constructor(
    options: { rotation?: RotationPolicy; reuseRevokes?: boolean; holders?: number; lifetimeSeconds?: number } = {},
  ) {
    const { rotation = 'strict', reuseRevokes = true, holders = 1, lifetimeSeconds = 3600 } = options
    super(1, {
      rotation,
      reuseRevokes,
      siblings: false,
      holders,
      accessTokenSeconds: lifetimeSeconds,
      weather: { troublePercent: 0, mostDelayMs: 0, mostInARow: 0 },
      hasLock: false,
      mostSkewMs: 0,
      canWatch: true,
    })
  }

  override faultFor(): Fault | undefined {
    if (this.time.now < this.isDownUntil) return { type: 'respond', status: 503 }
    return this.faults.shift()
  }

  /** Lets a holder die right after its next request has left. */
  crashWithNextRequest(seat: Seat): void {
    this.network.onNextSend(() => this.time.after(0, () => this.crash(seat)))
  }

  get requests(): number {
    return this.network.sends.length
  }

  seat(index = 0): Seat {
    const seat = this.seats[index]
    if (!seat) throw new Error(`there is no seat ${index}`)
    return seat
  }

  /** Lets `seconds` pass. */
  pass(seconds: number): Promise<void> {
    return this.time.run(this.time.now + seconds * 1000)
  }

  /** Lets as much time pass as `work` takes, `seconds` at most. */
  async finish<T>(work: Promise<T>, seconds = 60): Promise<T> {
    let isDone = false
    const done = (): boolean => (isDone = true)
    work.then(done, done)
    const until = this.time.now + seconds * 1000
    while (!isDone && this.time.now < until) await this.time.run(this.time.now + 10)
    if (!isDone) throw new Error(`nothing came of it in ${seconds} s`)
    return work
  }

  /** Signs somebody in at the first seat and lets the others hear of it. */
  async signIn(subject = 'alice', seat = this.seat()): Promise<void> {
    await this.finish(seat.manager.setTokens(await this.server.signIn({ subject })))
    await this.pass(1)
  }
}

/** The error a promise is rejected with. */
export async function failureOf(work: Promise<unknown>): Promise<{ code?: string; retryAt?: number; message: string }> {
  try {
    await work
  } catch (error) {
    return error as Error
  }
  throw new Error('it did not fail')
}

/** Fails the test that is running when a promise is rejected and nobody looks. */
export function watchUnhandled(): void {
  const unhandled: unknown[] = []
  const listener = (error: unknown): number => unhandled.push(error)
  process.on('unhandledRejection', listener)
  onTestFinished(() => {
    process.off('unhandledRejection', listener)
    if (unhandled.length > 0) throw unhandled[0]
  })
}
