import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from '../../support/listen.js'
import { ApiError, type Item } from './api-error.js'
import { Org, type Answer } from './org.js'

/** Okta's management API on this machine, as far as it is documented and needed here. */
export interface OktaStandIn {
  readonly address: string
  /** Its only API token. */
  readonly token: string
  readonly org: Org
  /** In the order of arrival. */
  readonly requests: readonly ReceivedRequest[]
  /** Whether the administrator of the token may write. */
  mayWrite: boolean
  /** Refuses the next requests, as after too many. Requests are taken again after so many seconds. */
  limit(requests: number, seconds: number): void
  close(): Promise<void>
}

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  body: Item
}

export interface OktaStandInOptions {
  /** Lists are never longer, however many are asked for, so that everybody has to turn pages. */
  readonly pageSize?: number
}

const perMinute = 600
/** Another time than ours: clients must not trust their own clock. */
const clockOffsetMs = -3_600_000

/** Starts an org that has what every org has on its first day. */
export async function startOkta({ pageSize = 1 }: OktaStandInOptions = {}): Promise<OktaStandIn> {
  const token = `00${randomBytes(30).toString('base64url')}`
  const requests: ReceivedRequest[] = []
  const limits = { left: 0, seconds: 0 }
  const http = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  const address = `http://127.0.0.1:${await listen(http)}`
  const org = new Org(address)
  const okta: OktaStandIn = {
    ...{ address, token, org, requests, mayWrite: true },
    limit: (left, seconds) => void Object.assign(limits, { left, seconds }),
    close() {
      http.closeAllConnections()
      return new Promise((resolve) => http.close(() => resolve()))
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request
    const url = new URL(request.url ?? '', address)
    const now = Date.now() + clockOffsetMs
    response.sendDate = false
    response.setHeader('date', new Date(now).toUTCString())
    response.setHeader('content-type', 'application/json')
    response.setHeader('x-okta-request-id', `req${randomBytes(8).toString('hex')}`)
    const received: ReceivedRequest = { method, path: url.pathname, body: {} }
    requests.push(received)
    try {
      const isLimited = limits.left-- > 0
      setLimits(response, { isLimited, resetsAt: now + 1000 * (isLimited ? limits.seconds : 60) })
      checkAccess(method, headers.authorization)
      if (isLimited) throw new ApiError(429, 'E0000047', 'API call exceeded rate limit due to too many requests.')
      if (method !== 'GET') received.body = await readBody(request)
      const path = url.pathname.split('/').slice(3).map(decodeURIComponent)
      reply(response, url, org.answer({ method, path, query: url.searchParams, body: received.body }))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      response.writeHead(error.status).end(JSON.stringify(error))
    }
  }

  function checkAccess(method: string, authorization: string | undefined): void {
    if (authorization !== `SSWS ${token}`) throw new ApiError(401, 'E0000011', 'Invalid token provided')
    const mayDoIt = method === 'GET' || okta.mayWrite
    if (!mayDoIt) throw new ApiError(403, 'E0000006', 'You do not have permission to perform the requested action')
  }

  function reply(response: ServerResponse, url: URL, said: Answer): void {
    if ('item' in said) return void response.end(JSON.stringify(said.item))
    const limit = Math.min(Number(url.searchParams.get('limit') ?? 20), pageSize)
    const start = said.items.findIndex(({ id }) => id === url.searchParams.get('after')) + 1
    const page = said.items.slice(start, start + limit)
    const links = [`<${url}>; rel="self"`]
    if (start + limit < said.items.length) {
      const next = new URL(url)
      next.searchParams.set('after', page.at(-1)?.id)
      links.push(`<${next}>; rel="next"`)
    }
    response.setHeader('link', links)
    response.end(JSON.stringify(page.map((item) => ({ ...item, _links: { self: { href: String(url) } } }))))
  }

  return okta
}

function setLimits(response: ServerResponse, limits: { readonly isLimited: boolean; readonly resetsAt: number }): void {
  response.setHeader('x-rate-limit-limit', perMinute)
  response.setHeader('x-rate-limit-remaining', limits.isLimited ? 0 : perMinute - 1)
  response.setHeader('x-rate-limit-reset', Math.floor(limits.resetsAt / 1000))
}

async function readBody(request: IncomingMessage): Promise<Item> {
  let text = ''
  for await (const part of request) text += String(part)
  if (request.headers['content-type'] !== 'application/json') {
    throw new ApiError(
      415,
      'E0000021',
      'Bad request. Accept and/or Content-Type headers likely do not match supported values.',
    )
  }
  try {
    return JSON.parse(text) as Item
  } catch {
    throw new ApiError(400, 'E0000003', 'The request body was not well-formed.')
  }
}
