import { inspect } from 'node:util'

/** All text that can be got out of a value by printing it in any way: an error with its message, stack and causes. */
export function everythingIn(value: unknown): string {
  const inspected = inspect(value, { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null })
  const parts = [inspected, String(value), JSON.stringify(value)]
  for (let error = value; error instanceof Error; error = error.cause) {
    parts.push(error.message, error.stack ?? '', ...Object.values(error).map(String))
  }
  return parts.join('\n')
}
