import { sleep, type Environment } from '../core/environment.js'
import { respond } from './responses.js'

/**
 * What can go wrong with one request:
 *
 * - `drop-request`: the connection fails before the server sees the request.
 * - `drop-response`: the server acts on the request, and the connection fails before its answer arrives.
 * - `delay`: the request arrives later, or its answer does.
 * - `duplicate`: the request arrives twice; the client gets the answer to the first (the default) or to the second.
 * - `truncate`: the connection fails after so many bytes of the answer.
 * - `rewrite`: something changes the JSON of the answer.
 * - `error-after-commit`: the server acts on the request and then answers with an error, 500 by default.
 * - `respond`: something on the way answers instead of the server.
 */
export type Fault =
  | { readonly type: 'drop-request' }
  | { readonly type: 'drop-response' }
  | { readonly type: 'delay'; readonly requestMs?: number; readonly responseMs?: number }
  | { readonly type: 'duplicate'; readonly answer?: 'first' | 'second' }
  | { readonly type: 'truncate'; readonly bytes: number }
  | { readonly type: 'rewrite'; readonly rewrite: (body: Readonly<Record<string, unknown>>) => unknown }
  | { readonly type: 'error-after-commit'; readonly status?: number; readonly body?: unknown }
  | {
      readonly type: 'respond'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      /** JSON unless it is a string. */
      readonly body?: unknown
    }

/** The faults one sees most in the field, ready to use. */
export const commonFaults: {
  readonly unavailable: (retryAfterSeconds?: number) => Fault
  readonly tooManyRequests: (headers?: Readonly<Record<string, string>>) => Fault
  readonly captivePortal: () => Fault
  readonly redirect: (location: string) => Fault
} = {
  unavailable: (retryAfterSeconds) => ({
    type: 'respond',
    status: 503,
    headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
    body: '<h1>Service Unavailable</h1>',
  }),
  tooManyRequests: (headers = {}) => ({ type: 'respond', status: 429, headers, body: { error: 'invalid_grant' } }),
  captivePortal: () => ({ type: 'respond', status: 200, body: '<html><body>Welcome to our hotel</body></html>' }),
  redirect: (location) => ({ type: 'respond', status: 307, headers: { location } }),
}

/** What a client meets when a connection fails: `fetch` rejects with a `TypeError` of its own. */
export class DroppedConnection extends TypeError {
  constructor() {
    super('the connection was dropped')
  }
}

/** Lets `act`, which stands for the server, happen as `fault` says. */
export async function withFault(
  fault: Fault | undefined,
  environment: Environment,
  act: () => Promise<Response>,
): Promise<Response> {
  switch (fault?.type) {
    case undefined:
      return act()
    case 'drop-request':
      throw new DroppedConnection()
    case 'drop-response':
      await act()
      throw new DroppedConnection()
    case 'delay': {
      if (fault.requestMs !== undefined) await sleep(environment, fault.requestMs)
      const response = await act()
      if (fault.responseMs !== undefined) await sleep(environment, fault.responseMs)
      return response
    }
    case 'duplicate': {
      const first = await act()
      const second = await act()
      return fault.answer === 'second' ? second : first
    }
    case 'truncate':
      return truncated(await act(), fault.bytes)
    case 'rewrite':
      return rewritten(await act(), fault.rewrite)
    case 'error-after-commit':
      await act()
      return respond(fault.status ?? 500, {}, fault.body ?? { error: 'server_error' })
    case 'respond':
      return respond(fault.status, fault.headers ?? {}, fault.body)
  }
}

async function rewritten(
  response: Response,
  rewrite: (body: Readonly<Record<string, unknown>>) => unknown,
): Promise<Response> {
  const { status, headers } = response
  return respond(status, Object.fromEntries(headers), rewrite((await response.json()) as Record<string, unknown>))
}

async function truncated(response: Response, bytes: number): Promise<Response> {
  const whole = new Uint8Array(await response.arrayBuffer())
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(whole.slice(0, bytes))
    },
    pull(controller) {
      controller.error(new DroppedConnection())
    },
  })
  const headers = new Headers(response.headers)
  headers.set('content-length', String(whole.length))
  return new Response(body, { status: response.status, headers })
}
