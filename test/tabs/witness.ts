import { build } from 'esbuild'
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { systemEnvironment } from '../../src/core/environment.js'
import { createAuthorizationServer, nodeListener } from '../../src/testing.js'
import type { AuthorizationServer, Fault, RotationPolicy } from '../../src/testing.js'
import { mutantPlugin } from '../mutants/mutate.js'
import type { TabMutant } from './mutants.js'
import { listen } from '../support/listen.js'
import type { Jump } from './page-clock.js'
import type { PageReport } from './page.js'
import { Tally } from './tally.js'

/** How the server of a case behaves. */
export interface WitnessOptions {
  readonly rotation: RotationPolicy
  readonly accessTokenSeconds: number
  /** Decides for each token request what goes wrong with it. */
  readonly fault?: () => Fault | undefined
  /**
   * Gives each request a connection of its own. Chromium sends a request again by itself when the connection fails, if
   * others were made over it before, so that nobody could tell who repeated it.
   */
  readonly hasShortConnections?: boolean
  /** Breaks the code that runs in the pages. */
  readonly mutant?: TabMutant | undefined
}

/** A token request as the server saw it. Times are those of `performance.now()` here. */
export interface TokenRequest {
  readonly at: number
  /** The tab it came from. */
  readonly tab: string
  readonly family: number | undefined
  /** How many rotations led to the refresh token that it spends. */
  readonly depth: number | undefined
  endedAt?: number
  /** That of the answer, unless the connection failed. */
  status?: number
}

/** An access token that the server gave away. */
export interface Delivery {
  /** In milliseconds since 1970. */
  readonly at: number
  readonly expiresAt: number
}

const html = '<!doctype html><title>evergrant</title><script type="module" src="/program.js"></script>'
const elsewhere = '<!doctype html><title>elsewhere</title>'

/** The one origin of a case: it serves the pages, is their authorization server and their API, and takes their reports. */
export class Witness {
  readonly tally: Tally = new Tally()
  readonly tokenRequests: TokenRequest[] = []
  readonly deliveries: Delivery[] = []
  /** All tokens that anybody was given. */
  readonly issued: Set<string> = new Set()
  /** How often the API refused a token. */
  refused = 0
  /** Lets the clock of the server jump. */
  readonly jumps: Jump[] = []
  readonly server: AuthorizationServer
  #onTokenRequest = new Set<(request: TokenRequest) => void>()

  private constructor(
    readonly url: string,
    private readonly program: string,
    private readonly http: Server,
    private readonly options: WitnessOptions,
  ) {
    this.server = createAuthorizationServer({
      issuer: url,
      rotation: options.rotation,
      accessTokenSeconds: options.accessTokenSeconds,
      fault: ({ url }) => (new URL(url).pathname === '/token' ? options.fault?.() : undefined),
      environment: { ...systemEnvironment, now: () => this.now() },
    })
  }

  static async start(options: WitnessOptions): Promise<Witness> {
    const http = createServer()
    const program = await bundlePage(options.mutant)
    const witness = new Witness(`http://localhost:${await listen(http)}`, program, http, options)
    http.on('request', (incoming, outgoing) => {
      if (options.hasShortConnections) outgoing.setHeader('connection', 'close')
      nodeListener((request) => witness.#answer(request))(incoming, outgoing)
    })
    return witness
  }

  /** The clock of the server, in milliseconds since 1970. */
  now(): number {
    const now = Date.now()
    return this.jumps.reduce((sum, { at, ms }) => (now >= at ? sum + ms : sum), now)
  }

  /** The next token request that arrives. */
  nextTokenRequest(longestMs: number): Promise<TokenRequest> {
    return new Promise((resolve, reject) => {
      const giveUp = setTimeout(() => reject(new Error(`no token request for ${longestMs / 1000} s`)), longestMs)
      const take = (request: TokenRequest): void => {
        clearTimeout(giveUp)
        this.#onTokenRequest.delete(take)
        resolve(request)
      }
      this.#onTokenRequest.add(take)
    })
  }

  /** How many token requests have no answer yet. */
  get underWay(): number {
    return this.tokenRequests.filter(({ endedAt }) => endedAt === undefined).length
  }

  /** How many tokens calls were given that had expired when they began. */
  get expiredServed(): number {
    const hasExpired = ([token, at]: [string, number]): boolean => at >= (this.server.inspect(token)?.expiresAt ?? 0)
    return [...this.tally.served].filter(hasExpired).length
  }

  close(): void {
    this.http.closeAllConnections()
    this.http.close()
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    switch (pathname) {
      case '/':
        return send(html, 'text/html')
      case '/elsewhere':
        return send(elsewhere, 'text/html')
      case '/program.js':
        return send(this.program, 'text/javascript')
      case '/report':
        this.tally.take((await request.json()) as PageReport)
        return new Response(null, { status: 204 })
      case '/token':
        return this.#answerTokenRequest(request)
      default: {
        const response = await this.server.handle(request)
        if (pathname === '/resource' && response.status === 401) this.refused++
        return response
      }
    }
  }

  async #answerTokenRequest(request: Request): Promise<Response> {
    const form = new URLSearchParams(await request.clone().text())
    const { family, depth } = this.server.inspect(form.get('refresh_token') ?? '') ?? {}
    const tab = request.headers.get('x-tab') ?? ''
    const noted: TokenRequest = { at: performance.now(), tab, family, depth }
    this.tokenRequests.push(noted)
    for (const take of [...this.#onTokenRequest]) take(noted)
    try {
      const response = await this.server.handle(request)
      noted.status = response.status
      if (response.ok) this.noteTokens((await response.clone().json()) as Record<string, string>)
      return response
    } finally {
      noted.endedAt = performance.now()
    }
  }

  /** Notes the tokens of a response that somebody was given. */
  noteTokens(response: { readonly access_token?: string; readonly refresh_token?: string }): void {
    for (const token of [response.access_token, response.refresh_token]) if (token) this.issued.add(token)
    const expiresAt = this.server.inspect(response.access_token ?? '')?.expiresAt
    if (expiresAt !== undefined) this.deliveries.push({ at: this.now(), expiresAt })
  }
}

function send(text: string, contentType: string): Response {
  return new Response(text, { headers: { 'content-type': contentType } })
}

async function bundlePage(mutant: TabMutant | undefined): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
    plugins: mutant ? [mutantPlugin({ ...mutant, caughtBy: { test: 'test/tabs' } })] : [],
  })
  return outputFiles[0]?.text ?? ''
}
