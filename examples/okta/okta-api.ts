import { setTimeout as sleep } from 'node:timers/promises'

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json | undefined
}

export type Pause = (ms: number) => Promise<unknown>

export interface Connection {
  /** The address of the org. */
  readonly org: URL
  readonly token: string
  readonly pause?: Pause | undefined
}

/** What is needed of Okta's management API. Paths start with `/api/v1`. */
export interface OktaApi {
  readonly org: string
  get(path: string): Promise<JsonObject>
  /** All pages of a list. */
  list(path: string): Promise<JsonObject[]>
  post(path: string, body: JsonObject): Promise<JsonObject>
  put(path: string, body: JsonObject): Promise<JsonObject>
}

/** An answer of Okta that is no success. Its message holds what Okta says, and what can be done. */
export class OktaError extends Error {
  override readonly name = 'OktaError'

  constructor(
    readonly status: number,
    readonly errorCode: string | undefined,
    message: string,
  ) {
    super(message)
  }
}

const patienceMs = 30_000
const attempts = 4
/** Rate limits of Okta are counted by the minute. */
const longestPauseMs = 90_000
const mostPages = 100

const advice: Readonly<Record<number, string>> = {
  401: 'OKTA_API_TOKEN is not a valid token of this org: make one in the Admin Console under Security > API > Tokens.',
  403: 'The administrator to whom OKTA_API_TOKEN belongs may not do this.',
}

/** Calls the API of one org with an API token, which goes to this org alone. */
export function connect({ org, token, pause = sleep }: Connection): OktaApi {
  const headers = { accept: 'application/json', 'content-type': 'application/json', authorization: `SSWS ${token}` }

  async function send(method: string, url: URL, body?: JsonObject): Promise<Response> {
    if (url.origin !== org.origin) throw new Error(`Okta names an address of another server: ${url.origin}`)
    const request = {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      redirect: 'error',
    } as const
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(url, { ...request, signal: AbortSignal.timeout(patienceMs) }).catch(
        (error: unknown) => {
          throw new Error(`${method} ${url.pathname} got no answer from ${org.origin}: ${reasonOf(error)}`)
        },
      )
      if (response.ok) return response
      const pauseMs = response.status === 429 ? untilReset(response.headers) : Infinity
      if (attempt === attempts || pauseMs > longestPauseMs) throw await failure(method, url, response)
      await response.body?.cancel()
      await pause(pauseMs)
    }
  }

  async function ask(method: string, path: string, body?: JsonObject): Promise<JsonObject> {
    return (await readJson(await send(method, new URL(path, org), body))) as JsonObject
  }

  async function list(path: string): Promise<JsonObject[]> {
    const all: JsonObject[] = []
    let next: URL | undefined = new URL(path, org)
    for (let page = 1; next; page++) {
      if (page > mostPages) throw new Error(`GET ${next.pathname} has more than ${mostPages} pages`)
      const response = await send('GET', next)
      const items = (await readJson(response)) as readonly JsonObject[]
      all.push(...items)
      next = items.length > 0 ? nextPage(response.headers) : undefined
    }
    return all
  }

  return {
    org: org.origin,
    get: (path) => ask('GET', path),
    list,
    post: (path, body) => ask('POST', path, body),
    put: (path, body) => ask('PUT', path, body),
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    throw new Error(`${response.url} answers with no JSON: is OKTA_ORG the address of an Okta org?`)
  }
}

/** How long until requests are taken again, by the clock of Okta, which need not be ours; milliseconds. */
function untilReset(headers: Headers): number {
  const reset = Number(headers.get('x-rate-limit-reset') ?? Infinity) * 1000
  const now = Date.parse(headers.get('date') ?? '') || Date.now()
  return Math.max(0, reset - now) + 1000
}

/** The next page is what Okta says it is; its addresses are not for others to make (RFC 8288). */
function nextPage(headers: Headers): URL | undefined {
  const [, address] = /<([^>]*)>;\s*rel="next"/.exec(headers.get('link') ?? '') ?? []
  return address === undefined ? undefined : new URL(address)
}

async function failure(method: string, url: URL, response: Response): Promise<OktaError> {
  const { errorCode, errorSummary, errorCauses } = (await response.json().catch(() => ({}))) as JsonObject
  const causes = Array.isArray(errorCauses) ? errorCauses.map((cause: JsonObject) => cause.errorSummary) : []
  const code = typeof errorCode === 'string' ? errorCode : undefined
  const said = [code, errorSummary, ...causes].filter((part) => typeof part === 'string').join(' ')
  const what = `${method} ${url.pathname}: ${response.status} ${said}`
  return new OktaError(response.status, code, [what, advice[response.status]].filter(Boolean).join('\n'))
}

function reasonOf(error: unknown): string {
  const { cause } = error as { readonly cause?: { readonly code?: string; readonly message?: string } }
  return cause?.code ?? cause?.message ?? (error as Error).name
}
