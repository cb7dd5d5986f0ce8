import { EvergrantError } from './errors.js'
import { recordFormat, type SessionRecord, type StoredRecord } from './record.js'
import { either, isCount, isNumber, isObject, isPlain, isText, mapOf, optional, shape, type Test } from './shape.js'

/** The text form of a record, for stores that hold text. */
export function encodeRecord(record: SessionRecord): string {
  return JSON.stringify(record, (name, value: unknown) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isPlain(value)) {
      const advice = 'use dpop({ extractable: true }), or indexedDbStore() in a page'
      throw new EvergrantError('unsupported', `this store holds text, and "${name}" is none: ${advice}`)
    }
    return value
  })
}

/** Reads the text form. Never throws: text that is no record comes back as `unreadable`. */
export function decodeRecord(text: string): StoredRecord {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's message quotes the text, which may hold a token; it goes no further.
  }
  return checkRecord(value)
}

/** Takes a stored value for the record it claims to be, if it has the form of one. */
export function checkRecord(value: unknown): StoredRecord {
  if (isPlain(value) && typeof value.format === 'number' && value.format > recordFormat) {
    return { state: 'unreadable', problem: 'newer_format' }
  }
  return isRecord(value) ? value : { state: 'unreadable', problem: 'corrupt' }
}

/** Whether a record was written by a newer version, so that it must not be touched. */
export function isNewerFormat(record: StoredRecord | undefined): boolean {
  return record?.state === 'unreadable' && record.problem === 'newer_format'
}

const isBase = shape({ format: either(recordFormat), sessionId: isText, generation: isCount })

const isPause = shape({ from: isNumber, ms: isNumber })

/** What a record holds besides, by its state. */
const formByState: ReadonlyMap<unknown, Test> = new Map([
  [
    'live',
    shape({
      at: isNumber,
      refreshToken: optional(isText),
      accessTokens: mapOf(
        shape({
          token: isText,
          type: isText,
          obtainedAt: isNumber,
          lifetimeMs: optional(isNumber),
          scope: optional(isText),
        }),
      ),
      scope: optional(isText),
      idToken: optional(isText),
      identity: optional(shape({ iss: isText, sub: isText, iat: isNumber })),
      extra: optional(isPlain),
      proofKey: optional(shape({ privateKey: isObject, publicKey: isObject })),
      intent: optional(
        shape({
          owner: isText,
          attempt: isCount,
          beat: isCount,
          stillMs: optional(isCount),
          inDoubt: either(true, false),
          isRefused: either(true, false, undefined),
          pause: optional(isPause),
        }),
      ),
      spacing: optional(isPause),
      lasting: optional(isPause),
    }),
  ],
  ['ended', shape({ reason: isText, at: isNumber })],
  ['signed_out', shape({ at: isNumber })],
  ['sealed', shape({ keyId: isText, iv: isText, data: isText })],
])

function isRecord(value: unknown): value is SessionRecord {
  return isBase(value) && formByState.get(value.state)?.(value) === true
}
