import {
  createAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerOptions,
} from '../../src/testing.js'

/** A request as the server saw it, whether its parameters came with the address or as a form. */
export interface SeenRequest {
  readonly path: string
  readonly parameters: Readonly<Record<string, string>>
}

/** Answers a request in place of the server, or lets it through: changed, or as it is. */
export type Interception = (request: Request, pass: (request: Request) => Promise<Response>) => Promise<Response>

export interface WatchedServerOptions extends AuthorizationServerOptions {
  readonly intercept?: Interception
}

/** A test authorization server that somebody watches, and perhaps gets in the way of. */
export interface WatchedServer {
  readonly server: AuthorizationServer
  readonly handle: (request: Request) => Promise<Response>
  /** What arrived at a path, oldest first. */
  seen(path: string): SeenRequest['parameters'][]
}

export function watchServer({ intercept, ...options }: WatchedServerOptions = {}): WatchedServer {
  const server = createAuthorizationServer(options)
  const requests: SeenRequest[] = []
  return {
    server,
    async handle(request) {
      const { pathname, searchParams } = new URL(request.url)
      const form = request.method === 'POST' ? await request.clone().text() : ''
      const parameters = Object.fromEntries([...searchParams, ...new URLSearchParams(form)])
      requests.push({ path: pathname, parameters })
      return intercept ? intercept(request, server.handle) : server.handle(request)
    },
    seen: (path) => requests.filter((request) => request.path === path).map(({ parameters }) => parameters),
  }
}

/** Lets whoever asks to be signed in ask for something else. */
export function changeRequest(change: (parameters: URLSearchParams) => void): Interception {
  return (request, pass) => pass(at('/authorize', request) ? new Request(changed(request.url, change)) : request)
}

/** Changes what a browser brings back to the application. */
export function changeAnswer(change: (parameters: URLSearchParams) => void): Interception {
  return async (request, pass) => {
    const response = await pass(request)
    const location = response.headers.get('location')
    return location === null ? response : Response.redirect(changed(location, change))
  }
}

/** Changes what the server tells of itself. */
export function changeMetadata(change: (metadata: Record<string, unknown>) => void): Interception {
  return changeJson('/.well-known/openid-configuration', change)
}

/** Changes a JSON answer. */
export function changeJson(path: string, change: (body: Record<string, unknown>) => void): Interception {
  return async (request, pass) => {
    const response = await pass(request)
    if (!at(path, request)) return response
    const body = (await response.json()) as Record<string, unknown>
    change(body)
    return Response.json(body, response)
  }
}

/** Answers at a path in place of the server. */
export function answerAt(path: string, answer: () => Response): Interception {
  return (request, pass) => (at(path, request) ? Promise.resolve(answer()) : pass(request))
}

/** Whether a request is for a path, or for one below it. */
function at(path: string, request: Request): boolean {
  return `${new URL(request.url).pathname}/`.startsWith(`${path}/`)
}

function changed(url: string, change: (parameters: URLSearchParams) => void): string {
  const next = new URL(url)
  change(next.searchParams)
  return next.href
}
