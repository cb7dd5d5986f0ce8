import { createServer } from 'node:http'
import {
  commonFaults,
  createAuthorizationServer,
  nodeListener,
  type Fault,
  type RotationPolicy,
} from '../../src/testing.js'
import { freePort, listen } from '../support/listen.js'
import { clock } from './clock.js'
import { serve, type Service } from './remote.js'

/** How a server is down: it answers 503, nobody listens at its port, or it does what it is asked for and answers 500. */
export type Outage = '503' | 'refused' | 'lost'

/** What the server is told when it is started. */
export interface ServerTask {
  readonly accessTokenSeconds: number
  readonly rotation: RotationPolicy
}

/** What the server has seen. */
export interface ServerReport {
  /** When token requests arrived, those that were answered with 503 included. */
  readonly arrivals: readonly number[]
  /** How many renewals were granted. */
  readonly renewals: number
  /** How many sessions were renewed exactly once. */
  readonly renewedOnce: number
  /** Uses of a refresh token by their outcome. */
  readonly outcomes: Readonly<Record<string, number>>
}

/** What the process of the authorization server can be asked for. */
export interface ServerService extends Service {
  readonly issuer: () => Promise<string>
  /** Signs in as many users; gives their refresh tokens. */
  readonly signIn: (count: number) => Promise<string[]>
  readonly renewals: () => number
  readonly fail: (outage: Outage) => Promise<void>
  readonly recover: () => Promise<void>
  /** How many of these refresh tokens would bring new tokens. */
  readonly countUsable: (refreshTokens: string[]) => number
  readonly report: () => ServerReport
}

const sweepMs = 100
const faults: Readonly<Record<Outage, Fault | undefined>> = {
  '503': commonFaults.unavailable(),
  refused: undefined,
  lost: { type: 'error-after-commit' },
}
const { accessTokenSeconds, rotation } = JSON.parse(process.argv[2] ?? '') as ServerTask
const arrivals: number[] = []
let currentFault: Fault | undefined
let sweep: NodeJS.Timeout | undefined

const http = createServer((incoming, outgoing) => nodeListener((request) => server.handle(request))(incoming, outgoing))
const port = await listen(http, await freePort())
const server = createAuthorizationServer({
  issuer: `http://127.0.0.1:${port}`,
  rotation,
  accessTokenSeconds,
  fault() {
    arrivals.push(clock())
    return currentFault
  },
})

/** Answers what has arrived, and then nobody listens any more. */
function stopListening(): void {
  http.close()
  sweep = setInterval(() => http.closeIdleConnections(), sweepMs)
}

function reportAll(): ServerReport {
  const outcomes: Record<string, number> = {}
  const renewalsOf = new Map<number | undefined, number>()
  for (const { outcome, family } of server.redemptions) {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    if (outcome === 'accepted') renewalsOf.set(family, (renewalsOf.get(family) ?? 0) + 1)
  }
  const renewedOnce = [...renewalsOf.values()].filter((count) => count === 1).length
  return { arrivals, renewals: outcomes.accepted ?? 0, renewedOnce, outcomes }
}

serve({
  issuer: () => Promise.resolve(server.issuer),
  async signIn(count) {
    const responses = await Promise.all(Array.from({ length: count }, () => server.signIn()))
    return responses.map(({ refresh_token }) => String(refresh_token))
  },
  renewals: () => server.redemptions.filter(({ outcome }) => outcome === 'accepted').length,
  async fail(outage) {
    currentFault = faults[outage]
    if (outage === 'refused') stopListening()
  },
  async recover() {
    currentFault = undefined
    clearInterval(sweep)
    if (!http.listening) await listen(http, port)
  },
  countUsable: (refreshTokens) => refreshTokens.filter((token) => server.inspect(token)?.isUsable).length,
  report: reportAll,
} satisfies ServerService)
