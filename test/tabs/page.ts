import { jumpClocks, realMonotonic, type Jump } from './page-clock.js'
import { createTokenManager, indexedDbStore } from '../../src/browser.js'
import type { TokenManager } from '../../src/core/token-manager.js'

/** A call for a token that failed. Times are milliseconds since 1970, by the page. */
export interface Failure {
  /** That of the error, or its name when it is none of ours. */
  readonly code: string
  readonly calledAt: number
  readonly failedAt: number
}

/** What a page has seen since its last report. */
export interface PageReport {
  readonly tab: string
  readonly calls: number
  readonly longestWaitMs: number
  /** How long the oldest call that has no answer yet has been waiting. */
  readonly openMs: number
  /** When the last call began that was given each token, and the last at which each session was active. */
  readonly served: readonly (readonly [token: string, at: number])[]
  readonly active: readonly (readonly [sessionId: string, at: number])[]
  readonly failures: readonly Failure[]
  /** Calls to the API by the status of their answer, or by the error. */
  readonly api: Readonly<Record<string, number>>
  readonly ended: number
  /** How often the page came out of the back/forward cache. */
  readonly restored: number
}

/** What a page of the campaign offers. */
export interface CampaignPage {
  readonly tokens: TokenManager
  /** Stops to ask, and resolves when no call waits any more. */
  finish(): Promise<void>
  /** What lies in the store: the state of the record, and the name of its session. */
  stored(): Promise<string>
  /** Lets the page wake up from a sleep, and use its tokens at once. */
  wake(jump: Jump): void
  /** Lets the page believe that it is hidden, or that it is shown again. */
  setHidden(isHidden: boolean): void
  /** Asks for a token once. */
  askOnce(): Promise<void>
  /** What the page is about, for whoever wonders why it gives no sign. */
  doing(): string
  /** Calls back into the manager at each event, from within the listener. */
  callBack(): void
}

const reportMs = 300
const tickMs = 100
/** A page that has not run for so long was frozen, stopped or in the back/forward cache. */
const stillMs = 1000
const apiEvery = 4

const parameters = new URLSearchParams(location.search)
const tab = parameters.get('tab') ?? ''
const tokens = createTokenManager({
  issuer: location.origin,
  clientId: 'client',
  allowedOrigins: [location.origin],
  fetch(input, init) {
    // No request tells the page that it comes from.
    const request = new Request(input, init)
    request.headers.set('x-tab', tab)
    return fetch(request)
  },
})

const waiting = new Set<() => number>()
let isFinishing = false
let calls = 0
let longestWaitMs = 0
let served = new Map<string, number>()
let active = new Map<string, number>()
let failures: Failure[] = []
let api: Record<string, number> = {}
let [ended, restored] = [0, 0]
let doing = 'nothing'
/** How long this page did not run: nobody waits then. */
let stoodStillMs = 0
let tickedAt = realMonotonic()

function tick(): void {
  const now = realMonotonic()
  if (now - tickedAt > stillMs) stoodStillMs += now - tickedAt
  tickedAt = now
  const snapshot = tokens.getSnapshot()
  if (snapshot.status === 'active') active.set(snapshot.sessionId, Date.now())
}

/** Starts to count how long somebody waits. */
function stopwatch(): () => number {
  tick()
  const [startedAt, still] = [realMonotonic(), stoodStillMs]
  return () => {
    tick()
    return realMonotonic() - startedAt - (stoodStillMs - still)
  }
}

/** Makes a call for a token and notes what comes of it. */
async function note(call: () => Promise<string>): Promise<void> {
  const calledAt = Date.now()
  const waited = stopwatch()
  waiting.add(waited)
  try {
    served.set(await call(), calledAt)
  } catch (error) {
    const { code, name } = Object(error) as { code?: string; name?: string }
    failures.push({ code: code ?? name ?? 'unknown', calledAt, failedAt: Date.now() })
  }
  waiting.delete(waited)
  calls++
  longestWaitMs = Math.max(longestWaitMs, waited())
}

/** Makes a call to the API. Its wait is that of the network too, so only its answer counts. */
async function callApi(): Promise<void> {
  const outcome = await tokens.fetch('/resource').then(
    ({ status }) => String(status),
    (error: { code?: string; name: string }) => error.code ?? error.name,
  )
  api[outcome] = (api[outcome] ?? 0) + 1
}

async function keepAsking(everyMs: number): Promise<void> {
  for (let count = 0; !isFinishing; count++) {
    doing = 'asking for a token'
    await note(() => tokens.getAccessToken())
    doing = 'calling the API'
    if (count % apiEvery === 0) await callApi()
    doing = 'resting'
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

function report(): void {
  tick()
  const openMs = Math.max(0, ...Array.from(waiting, (waited) => waited()))
  const seen = {
    calls,
    longestWaitMs,
    openMs,
    served: [...served],
    active: [...active],
    failures,
    api,
    ended,
    restored,
  }
  const body: PageReport = { tab, ...seen }
  ;[calls, longestWaitMs, ended, restored] = [0, 0, 0, 0]
  ;[served, active, failures, api] = [new Map(), new Map(), [], {}]
  void fetch('/report', { method: 'POST', body: JSON.stringify(body), keepalive: true }).catch(() => undefined)
}

async function wake(jump: Jump): Promise<void> {
  await jumpClocks(jump)
  for (const [target, type] of [
    [document, 'visibilitychange'],
    [window, 'pageshow'],
    [window, 'focus'],
  ] as const)
    target.dispatchEvent(new Event(type))
  await Promise.all([note(() => tokens.getAccessToken()), callApi()])
}

async function finish(): Promise<void> {
  isFinishing = true
  while (waiting.size > 0) await new Promise((resolve) => setTimeout(resolve, tickMs))
  report()
}

async function stored(): Promise<string> {
  const found = await indexedDbStore().read(`evergrant ${location.origin} client default`)
  const record = found?.record
  return record && 'sessionId' in record ? `${record.state} ${record.sessionId}` : String(record?.state)
}

function setHidden(isHidden: boolean): void {
  const state = isHidden ? 'hidden' : 'visible'
  Object.defineProperty(document, 'visibilityState', { get: () => state, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}

function callBack(): void {
  const callBackNow = (): void => {
    void note(() => tokens.getAccessToken())
    void note(() => tokens.renew().then(({ accessToken }) => accessToken))
    tokens.getSnapshot()
  }
  for (const type of ['renewed', 'error', 'adopted', 'ended'] as const) tokens.on(type, callBackNow)
  tokens.subscribe(callBackNow)
}

tokens.on('ended', () => ended++)
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) restored++
})
// What goes into the cache keeps its report: a request under way would keep it out.
addEventListener('pagehide', ({ persisted }) => {
  if (!persisted) report()
})
setInterval(tick, tickMs)
setInterval(report, reportMs)

/** Who asks before anybody has signed in is told so, which is nothing to report. */
const everyMs = Number(parameters.get('ask') ?? 0)
if (everyMs > 0) {
  const stop = tokens.subscribe(() => {
    if (tokens.getSnapshot().status !== 'active') return
    stop()
    void keepAsking(everyMs)
  })
}

const page: CampaignPage = {
  tokens,
  finish,
  stored,
  wake: (jump) => void wake(jump),
  setHidden,
  askOnce: () => note(() => tokens.getAccessToken()),
  doing: () => `${doing}, ${tokens.getSnapshot().status}`,
  callBack,
}
Object.assign(window, page)
