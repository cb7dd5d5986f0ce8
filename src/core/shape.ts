/** Whether a value that comes from outside is what it should be. */
export type Test = (value: unknown) => boolean

/** An object without a class. */
type Plain = Readonly<Record<string, unknown>>

export const isText: Test = (value) => typeof value === 'string'
export const isNumber: Test = (value) => Number.isFinite(value)
export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
export const isCount: Test = (value) => Number.isSafeInteger(value) && (value as number) >= 0
export const optional =
  (test: Test): Test =>
  (value) =>
    value === undefined || test(value)
export const either =
  (...values: unknown[]): Test =>
  (value) =>
    values.includes(value)
export const shape =
  (members: Readonly<Record<string, Test>>) =>
  (value: unknown): value is Plain =>
    isPlain(value) && Object.entries(members).every(([name, test]) => test(value[name]))
export const mapOf =
  (test: Test) =>
  (value: unknown): value is Plain =>
    isPlain(value) && Object.values(value).every(test)

/** The text that a value is; an empty one counts as absent. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function isPlain(value: unknown): value is Plain {
  if (!isObject(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
