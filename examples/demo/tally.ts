import type { IssuedToken, TokenRequest } from './authorization-server.js'
import type { Report } from './report.js'

/** One who holds a session: a process of the service, or a tab. */
export interface Holder {
  readonly status: string
  readonly generation: number
  /** When its access token ends, in milliseconds since 1970. */
  readonly expiresAt: number
}

/** Something worth a line. */
export interface Occurrence {
  readonly at: number
  readonly who: string
  readonly what: string
}

/** What is known of one client of the server. */
export class Client {
  /** By name, such as `pid 4711`. */
  readonly holders = new Map<string, Holder>()
  /** What the server saw. */
  readonly requests: TokenRequest[] = []
  /** The highest generation that a holder has reported: how often the session was renewed. */
  generation = 0
  /** How often a holder was killed or reloaded. */
  interruptions = 0
  /** Calls that the API answered. */
  calls = 0
  /** Tokens that had expired when they were asked for. */
  expiredServed = 0
  /** Tokens that were good when they were asked for, and expired before they arrived. */
  late = 0
  readonly failedCalls: string[] = []
  lostSessions = 0

  constructor(
    readonly id: string,
    readonly description: string,
    /** What the demo does to its holders. */
    readonly interruption: 'kill -9' | 'reload',
    /** How many requests it takes to start with, as it is given a refresh token alone. */
    readonly startUpRequests: number,
  ) {}

  /** Requests to renew, by what became of them. */
  renewals(outcome: TokenRequest['outcome']): TokenRequest[] {
    return this.requests.filter((request) => request.grantType === 'refresh_token' && request.outcome === outcome)
  }

  isActive(): boolean {
    return [...this.holders.values()].some(({ status }) => status === 'active')
  }
}

/** Keeps count of everything that the demo shows and judges. */
export class Tally {
  readonly service: Client = new Client('service', 'web client, secret by HTTP Basic, session in a file', 'kill -9', 1)
  readonly page: Client = new Client('page', 'public client, PKCE, session in IndexedDB', 'reload', 0)
  readonly occurrences: Occurrence[] = []

  /** Called whenever there is another one. */
  onOccurrence: ((occurrence: Occurrence) => void) | undefined

  get clients(): readonly Client[] {
    return [this.service, this.page]
  }

  note(who: string, what: string): void {
    const occurrence = { at: Date.now(), who, what }
    this.occurrences.push(occurrence)
    this.onOccurrence?.(occurrence)
  }

  /** Takes what a holder says of itself. */
  takeReport(client: Client, name: string, report: Report): void {
    if (report.type === 'left') client.holders.delete(name)
    if (report.type === 'event') this.note(name, report.text)
    if (report.type === 'failedCall') {
      client.failedCalls.push(report.text)
      this.note(name, `a call failed: ${report.text}`)
    }
    if (report.type !== 'state') return
    const { status, generation } = report
    const before = client.holders.get(name)
    if (status === 'ended' && before?.status !== 'ended') client.lostSessions++
    if (status === 'active' && before?.status === 'starting')
      this.note(name, `found its session: generation ${generation}`)
    client.holders.set(name, report)
    client.generation = Math.max(client.generation, generation)
  }

  /** Takes what the server saw. */
  takeRequest(request: TokenRequest): void {
    const client = this.clients.find(({ id }) => id === request.clientId)
    client?.requests.push(request)
    if (request.outcome === 'repeated') this.note('server', `accepted a repeated request of the ${request.clientId}`)
    if (request.outcome === 'refused')
      this.note('server', `refused a request of the ${request.clientId}: ${request.error}`)
  }

  /**
   * Judges a call to the API by its token, which was asked for at `askedAt`. A token can also end on its way, more so
   * as the server counts in whole seconds and ends it up to one second early.
   */
  takeCall(token: IssuedToken | undefined, askedAt: number): boolean {
    const client = this.clients.find(({ id }) => id === token?.clientId)
    if (!client || !token) return false
    if (Date.now() < token.expiresAt) client.calls++
    else if (askedAt < token.expiresAt) client.late++
    else client.expiredServed++
    return Date.now() < token.expiresAt
  }
}
