import { decodeRecord, encodeRecord, isEvergrantError, type SessionRecord, type TokenEvent } from 'evergrant'
import { manage } from '../support/managed.js'
import type { OddAnswer } from './made-up.js'

const secondMs = 1000
/** Too short for a second renewal, whatever the first one brought. */
const whileMs = 400
const sixHoursMs = 6 * 3_600_000
const prototypes = [Object.prototype, Array.prototype, String.prototype, Function.prototype, Error.prototype]
const clean = namesOfPrototypes()

/** A session whose first renewal, in the background, was answered like this; and all that came of it. */
async function renewedWith({ status, headers, body }: OddAnswer) {
  const response = (): Response => new Response(status === 204 ? null : body, { status, headers: [...headers] })
  const managed = manage(() => Promise.resolve(response()), { autoRenew: true })
  const events: TokenEvent[] = []
  for (const type of ['renewed', 'ended', 'error', 'signedOut'] as const) {
    managed.manager.on(type, (event) => events.push(event))
  }
  await managed.manager.setTokens({ refresh_token: 'refresh-1' })
  await managed.environment.pass(whileMs)
  return { ...managed, events }
}

/** What is wrong with the outcome of an answer to a renewal, if anything. */
export async function problemOf(answer: OddAnswer): Promise<string | undefined> {
  const problem = await problemOfRenewal(answer).catch((error: unknown) => `it threw ${String(error)}`)
  return namesOfPrototypes() === clean ? problem : 'a prototype was changed'
}

function namesOfPrototypes(): string {
  return JSON.stringify(prototypes.map((prototype) => Object.getOwnPropertyNames(prototype)))
}

async function problemOfRenewal(answer: OddAnswer): Promise<string | undefined> {
  const { manager, environment, record, events } = await renewedWith(answer)
  const timers = [...environment.timers].map(({ ms }) => ms)
  const failures = events.flatMap((event) => (event.type === 'error' ? [event.error] : []))
  const { error } = manager.getSnapshot()
  const stored = await record()
  manager.dispose()
  if (failures.some((failure) => !isEvergrantError(failure)) || (error && !isEvergrantError(error)))
    return 'a foreign error'
  if (!timers.every((ms) => ms >= secondMs && ms <= sixHoursMs)) return `timers of ${timers.join(', ')} ms`
  const isKept = stored?.state === 'live' && (!error || error.code === 'unavailable')
  if (isKept && timers.length !== 1) return `${timers.length} timers`
  return problemOfRecord(answer, stored, events)
}

function problemOfRecord(
  { status, body, headers }: OddAnswer,
  record: SessionRecord | undefined,
  events: readonly TokenEvent[],
): string | undefined {
  if (!record) return 'the record is gone'
  if (decodeRecord(encodeRecord(record)).state !== record.state) return 'the record cannot be read again'
  const answer = parse(body)
  const tokens = [answer?.access_token, answer?.refresh_token].filter(
    (token) => typeof token === 'string' && token !== '',
  )
  const isGranted = status < 300 && tokens.length > 0
  const ended = events.find((event) => event.type === 'ended')
  if ((record.state === 'ended') !== (ended !== undefined)) return 'an event is missing'
  if (record.state === 'ended')
    return isGranted || !mayEnd(status, answer, headers) ? 'it ended the session' : undefined
  if (record.state !== 'live') return `the session is ${record.state}`
  const { refresh_token } = answer ?? {}
  const isNew = isGranted && typeof refresh_token === 'string' && refresh_token !== ''
  if (record.refreshToken !== (isNew ? refresh_token : 'refresh-1')) return 'the refresh token was lost'
  return record.generation === (isGranted && canBeUsed(answer) ? 1 : 0) ? undefined : `generation ${record.generation}`
}

/** Whether something of the tokens can be used, so that the answer makes a new generation. */
function canBeUsed(answer: Readonly<Record<string, unknown>> | undefined): boolean {
  const { access_token, refresh_token, token_type } = answer ?? {}
  if (typeof refresh_token === 'string' && refresh_token !== '') return true
  const type = typeof token_type === 'string' && token_type !== '' ? token_type.toLowerCase() : 'bearer'
  // What no header can carry is of no use.
  return typeof access_token === 'string' && /^[!-~]+$/.test(access_token) && ['bearer', 'dpop'].includes(type)
}

function mayEnd(
  status: number,
  answer: Readonly<Record<string, unknown>> | undefined,
  headers: OddAnswer['headers'],
): boolean {
  if ((status >= 300 && status < 400) || status >= 500 || [408, 425, 429].includes(status)) return false
  if (typeof answer?.error === 'string' && answer.error !== '') return answer.error === 'invalid_grant'
  return (
    status >= 400 && headers.some(([name, value]) => name === 'www-authenticate' && value.includes('invalid_grant'))
  )
}

function parse(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(body) as unknown
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
