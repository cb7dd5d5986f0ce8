import type { Client } from './tally.js'

/** What came of a run, for one client. */
export interface Result {
  readonly client: string
  /** How often the client got new tokens for old ones. */
  readonly renewals: number
  /** How often it asked the server for them. */
  readonly tokenRequests: number
  /** Requests to start with, of a client that was given no access token when it was signed in. */
  readonly atStartUp: number
  /** Requests that were made again, as their sender was killed before it had stored the answer. */
  readonly repeated: number
  /** Access tokens that became due. */
  readonly lifetimes: number
  readonly requestsPerLifetime: number
  readonly calls: number
  /** Calls that had to be made twice: their token expired on its way. */
  readonly late: number
  readonly expiredServed: number
  readonly failedCalls: number
  readonly lostSessions: number
  /** What is not as it has to be. */
  readonly faults: readonly string[]
}

/** A token is due when a quarter of its life is left, or up to a fifth of that earlier: holders differ a little. */
const earliestDue = 1 - 0.25 * 1.2
/** How much longer the server may have taken for one answer than for the next. */
const toleranceMs = 1000

/** Judges a client at the end of a run, by what the server saw and what the client said. */
export function judge(client: Client, accessTokenSeconds: number): Result {
  const [issued, repeated] = [client.renewals('issued').length, client.renewals('repeated').length]
  const lifetimes = countLifetimes(client, accessTokenSeconds * 1000 * earliestDue - toleranceMs)
  const { calls, late, expiredServed, lostSessions, generation, startUpRequests, interruptions } = client
  const refused = client.requests.filter(({ outcome }) => outcome === 'refused').length
  const failedCalls = client.failedCalls.length
  const faults: [string, boolean][] = [
    ['the session was lost', lostSessions > 0],
    ['nothing was renewed', generation === 0],
    ['no call was made', calls === 0],
    [`${failedCalls} calls failed`, failedCalls > 0],
    [`${expiredServed} expired tokens were served`, expiredServed > 0],
    [`the server refused ${refused} requests`, refused > 0],
    [`${issued} requests for ${lifetimes} lifetimes`, issued !== lifetimes + startUpRequests],
    [`${repeated} requests were repeated after ${interruptions} interruptions`, repeated > interruptions],
    [`the server renewed ${issued} times, and the client knows of ${generation}`, issued !== generation],
  ]
  return {
    client: client.id,
    renewals: generation,
    tokenRequests: issued + repeated + refused,
    atStartUp: startUpRequests,
    repeated,
    lifetimes,
    requestsPerLifetime: (issued - startUpRequests) / lifetimes,
    calls,
    late,
    expiredServed,
    failedCalls,
    lostSessions,
    faults: faults.filter(([, isFault]) => isFault).map(([fault]) => fault),
  }
}

/** A lifetime has elapsed when a token is replaced that was due. A replacement that came too early counts for nothing. */
function countLifetimes(client: Client, soonestMs: number): number {
  const answered = client.requests.filter(({ outcome }) => outcome !== 'refused')
  return answered.filter(({ at, outcome }, index) => {
    const previous = answered[index - 1]
    return outcome === 'issued' && previous && at - previous.at >= soonestMs
  }).length
}

/** The results as a table, and what is wrong. */
export function describeResults(results: readonly Result[]): string {
  const row = (title: string, value: (result: Result) => number | string): string =>
    title.padEnd(32) + results.map((result) => String(value(result)).padStart(10)).join('')
  return [
    row('', ({ client }) => client),
    row('renewals', ({ renewals }) => renewals),
    row('token requests', ({ tokenRequests }) => tokenRequests),
    row('  of them at start-up', ({ atStartUp }) => atStartUp),
    row('  of them repeated after a kill', ({ repeated }) => repeated),
    row('lifetimes elapsed', ({ lifetimes }) => lifetimes),
    row('requests per lifetime', ({ requestsPerLifetime }) => requestsPerLifetime.toFixed(2)),
    row('calls with an access token', ({ calls }) => calls),
    row('  of them made twice', ({ late }) => late),
    row('expired tokens served', ({ expiredServed }) => expiredServed),
    row('failed calls', ({ failedCalls }) => failedCalls),
    row('sessions lost', ({ lostSessions }) => lostSessions),
    ...results.flatMap(({ client, faults }) => faults.map((fault) => `FAULT: ${client}: ${fault}`)),
    '',
  ].join('\n')
}
