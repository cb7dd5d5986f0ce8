import { within, type Environment } from './environment.js'
import { EvergrantError } from './errors.js'

/**
 * Where calls wait for a renewal, none longer than it may and wants to. The work they wait for goes on without them. A
 * process does not end while somebody waits.
 */
export class WaitingRoom {
  #leave: Set<() => void> | undefined = new Set()

  constructor(private readonly environment: Environment) {}

  /** @throws EvergrantError `aborted` when nobody may wait here, or the caller has given up already */
  assertOpen(signal: AbortSignal | undefined): void {
    if (this.isClosed || signal?.aborted) throw givenUp()
  }

  /**
   * Settles as `work` does, until `endsAt` on the monotonic clock, when it rejects with what `late` makes, the caller's
   * `signal` or {@link close}.
   */
  wait<T>(
    work: Promise<T>,
    endsAt: number,
    signal: AbortSignal | undefined,
    late: () => EvergrantError = tooSlow,
  ): Promise<T> {
    const waiting = this.#leave
    let leave = (): void => undefined
    const left = new Promise<never>((_resolve, reject) => {
      leave = () => reject(givenUp())
    })
    if (!waiting || signal?.aborted) leave()
    waiting?.add(leave)
    signal?.addEventListener('abort', leave)
    const ms = endsAt - this.environment.monotonic()
    return within(this.environment, ms, Promise.race([left, work]), late, true).finally(() => {
      waiting?.delete(leave)
      signal?.removeEventListener('abort', leave)
    })
  }

  /** Sends away who waits and who will come. */
  close(): void {
    this.#leave?.forEach((leave) => leave())
    this.#leave = undefined
  }

  get isClosed(): boolean {
    return this.#leave === undefined
  }
}

function givenUp(): EvergrantError {
  return new EvergrantError('aborted', 'the call was given up by its caller')
}

function tooSlow(): EvergrantError {
  return new EvergrantError('unavailable', 'no new token came in time; the renewal goes on')
}
