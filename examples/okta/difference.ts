import type { Json, JsonObject } from './okta-api.js'

/** A member that is not as it is wanted. */
export interface Difference {
  readonly member: string
  readonly before: Json | undefined
  readonly after: Json
}

/** What has to change for `actual` to be as `wanted`, which says nothing of members that it does not have. */
export function differences(actual: Json | undefined, wanted: Json, member = ''): Difference[] {
  if (isObject(wanted)) {
    return Object.entries(wanted).flatMap(([name, value]) => {
      const inner = isObject(actual) ? actual[name] : undefined
      return value === undefined ? [] : differences(inner, value, member ? `${member}.${name}` : name)
    })
  }
  return isSame(actual, wanted) ? [] : [{ member, before: actual, after: wanted }]
}

/** `actual` with everything that is wanted: Okta replaces a resource as a whole, so what it had must be sent again. */
export function merged(actual: Json | undefined, wanted: Json): Json {
  if (!isObject(wanted)) return wanted
  const base = isObject(actual) ? actual : {}
  const changed = Object.entries(wanted).map(([name, value]) => [name, value && merged(base[name], value)])
  return { ...base, ...(Object.fromEntries(changed) as JsonObject) }
}

/** A difference as people read it: what goes has a `-` in front, what comes a `+`. Of a list only that is shown. */
export function linesOf({ member, before, after }: Difference): string[] {
  const line = (sign: string) => (value: Json) => `${sign} ${member}: ${shown(value)}`
  if (isList(before) && isList(after)) {
    const gone = before.filter((item) => !has(after, item))
    const come = after.filter((item) => !has(before, item))
    return [...gone.map(line('-')), ...come.map(line('+'))]
  }
  return [...(before === undefined || before === null ? [] : [before].map(line('-'))), line('+')(after)]
}

/** Lists of Okta have no order, and a number is sometimes a string, such as the `leeway` of its own examples. */
function isSame(actual: Json | undefined, wanted: Json): boolean {
  if (isList(wanted))
    return isList(actual) && actual.length === wanted.length && wanted.every((item) => has(actual, item))
  return !isObject(actual) && !isList(actual) && String(actual) === String(wanted)
}

function has(list: readonly Json[], wanted: Json): boolean {
  return list.some((item) => JSON.stringify(item) === JSON.stringify(wanted))
}

function shown(value: Json): string {
  if (isList(value)) return value.map(shown).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value)
}
