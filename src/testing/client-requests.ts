import type { Environment } from '../core/environment.js'
import type { Clients } from './clients.js'
import { inDialect, type Dialect } from './dialect.js'
import { withFault, type Fault } from './faults.js'
import { respond } from './responses.js'

/** Answers the request of a client that has shown who it is. */
export type Act = (form: URLSearchParams, clientId: string) => Response | Promise<Response>

/** What is special about a request. */
export interface Reception {
  /** What goes wrong with it, before the options of the server are asked. */
  readonly fault?: Fault | undefined
  /** See `Clients.authenticate`. */
  readonly mayRepeatItsName?: boolean
  /** How the answer is worded. */
  readonly dialect?: Dialect | undefined
}

/** What receiving a request takes. */
interface Surroundings {
  readonly issuer: string
  readonly clients: Clients
  readonly environment: Environment
  readonly now: () => number
  readonly fault: ((request: Request) => Fault | undefined) | undefined
}

/** The forms that clients post: what goes wrong with them, and who they come from. */
export class ClientRequests {
  constructor(private readonly server: Surroundings) {}

  async receive(request: Request, act: Act, reception: Reception = {}): Promise<Response> {
    const { fault, mayRepeatItsName, dialect } = reception
    const { issuer, clients, environment, now } = this.server
    const tokenEndpoint = `${issuer.replace(/\/$/, '')}/token`
    const whatGoesWrong = fault ?? this.server.fault?.(request)
    const form = new URLSearchParams(await request.text())
    return withFault(whatGoesWrong, environment, async () => {
      const date = new Date(now()).toUTCString()
      const check = { audiences: [issuer, tokenEndpoint, request.url], now: now() }
      const clientId = await clients.authenticate(form, request.headers, check, mayRepeatItsName)
      const answer =
        clientId === undefined
          ? respond(401, { 'www-authenticate': 'Basic realm="as"' }, { error: 'invalid_client' })
          : await act(form, clientId)
      const response = dialect ? await inDialect(dialect, answer, form) : answer
      response.headers.set('date', date)
      return response
    })
  }
}
