import { respond } from './responses.js'

/** What is served at one path. */
export interface Endpoint {
  /** Any, unless it says so. */
  readonly method?: 'GET' | 'POST'
  /** Whether a browser goes there to show what comes, so that no script has to read it. */
  readonly isForPeople?: boolean
  readonly answer: (request: Request) => Response | Promise<Response>
}

/** Answers a request at the endpoint of its path. Scripts of every origin may read what is not for people. */
export async function route(endpoints: ReadonlyMap<string, Endpoint>, request: Request): Promise<Response> {
  const endpoint = endpoints.get(new URL(request.url).pathname)
  if (!endpoint) return respond(404, {}, { error: 'not_found' })
  const { method = request.method, isForPeople = false, answer } = endpoint
  if (request.method === 'OPTIONS' && !isForPeople) return forEveryOrigin(new Response(null, { status: 204 }))
  if (request.method !== method) return respond(405, { allow: method }, { error: 'method_not_allowed' })
  return isForPeople ? answer(request) : forEveryOrigin(await answer(request))
}

/** See the Fetch standard. A wildcard covers all headers of a request but `authorization`. */
const openToEveryOrigin = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': '*',
  'access-control-allow-headers': '*, authorization',
  'access-control-expose-headers': '*',
}

function forEveryOrigin(response: Response): Response {
  const { headers } = response
  for (const [name, value] of Object.entries(openToEveryOrigin)) if (!headers.has(name)) headers.set(name, value)
  return response
}
