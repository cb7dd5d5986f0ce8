/**
 * Everything the core takes from its surroundings. Tests hand in their own, so that time, chance and the network are
 * under their control; nothing else in `core` reads a clock, waits, rolls dice or talks to anybody.
 */
export interface Environment {
  /** Wall clock, milliseconds since 1970. It may jump. */
  now(): number
  /** A clock that never goes back, in milliseconds. It may stand still while the machine sleeps. */
  monotonic(): number
  /** A number from 0 up to but not including 1. */
  random(): number
  /** A name that nobody else will make: 128 random bits. */
  uniqueId(): string
  /** Calls back once after `ms`. Keeps a process alive only if it is told to. Returns a function that cancels it. */
  setTimer(callback: () => void, ms: number, keepsAlive?: boolean): () => void
  fetch: typeof fetch
}

/** The surroundings of a browser or of Node. Globals are looked up when used, so that tools may replace them. */
export const systemEnvironment: Environment = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  uniqueId: () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-'),
  setTimer(callback, ms, keepsAlive = false) {
    const timer: unknown = setTimeout(callback, ms)
    if (typeof timer === 'object' && !keepsAlive) (timer as { unref?(): void }).unref?.()
    return () => clearTimeout(timer as number)
  },
  fetch: (input, init) => fetch(input, init),
}

/** How long a request may take before it counts as unanswered: short enough for a retry inside a grace period. */
export const answerMs = 10_000

/** Resolves after `ms`. */
export function sleep(environment: Environment, ms: number): Promise<void> {
  return new Promise((resolve) => environment.setTimer(resolve, ms))
}

/** After a process was stopped, its timers fire before it has read what arrived meanwhile: that gets a moment more. */
const arrivalMs = 50

/** Settles as `work` does, or rejects with what `late` makes once `ms` have passed. `work` itself goes on. */
export function within<T>(
  environment: Environment,
  ms: number,
  work: Promise<T>,
  late: () => Error,
  keepsAlive = false,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const wait = (callback: () => void, delay: number): (() => void) =>
      environment.setTimer(callback, delay, keepsAlive)
    let cancel = wait(() => {
      cancel = wait(() => reject(late()), arrivalMs)
    }, ms)
    const cancelAnd =
      <A>(settle: (outcome: A) => void) =>
      (outcome: A): void => {
        cancel()
        settle(outcome)
      }
    work.then(cancelAnd(resolve), cancelAnd(reject))
  })
}
