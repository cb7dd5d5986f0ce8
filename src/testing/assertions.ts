import { systemEnvironment, within } from '../core/environment.js'

const longestWaitMs = 5000

/** Fails a test with `message` unless `condition` holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/** Fails unless both values are the same but for the order of members and members that are `undefined`. */
export function assertSame(actual: unknown, expected: unknown): void {
  const [found, wanted] = [describe(actual), describe(expected)]
  assert(found === wanted, `expected ${shorten(wanted)}, found ${shorten(found)}`)
}

/** Fails unless `operation` rejects, and with an error. */
export async function assertRejects(operation: Promise<unknown>): Promise<void> {
  const outcome = await operation.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  assert('error' in outcome, `expected a rejection, found ${shorten(describe((outcome as { value: unknown }).value))}`)
  // An error of another realm is no instance of this one's class.
  const { message } = Object(outcome.error) as { message?: unknown }
  assert(typeof message === 'string', 'expected a rejection with an error')
}

/** A promise that resolves when `call` is called, and rejects when that takes too long. */
export function called(): { readonly done: Promise<void>; readonly call: () => void } {
  let call = (): void => undefined
  const calling = new Promise<void>((resolve) => (call = resolve))
  const done = within(systemEnvironment, longestWaitMs, calling, () => new Error('expected a call that never came'))
  // A test that fails for another reason does not wait for it.
  done.catch(() => undefined)
  return { done, call }
}

function describe(value: unknown): string {
  const sorted = (_name: string, member: unknown): unknown =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.entries(member)
          .filter(([, value]) => value !== undefined)
          .sort(([a], [b]) => (a < b ? -1 : 1))
      : member
  return JSON.stringify(value, sorted) ?? 'undefined'
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}...` : text
}
