import { createTokenManager, type TokenEvent, type TokenManager, type TokenManagerOptions } from 'evergrant'
import type { ServerPreset } from 'evergrant/presets'
import {
  createAuthorizationServer,
  personas,
  type AuthorizationServer,
  type Persona,
  type PersonaName,
} from 'evergrant/testing'
import { onTestFinished, vi } from 'vitest'

const startedAt = Date.UTC(2026, 0, 1)

/** How a client is set up for a persona. */
export interface Setup extends Partial<TokenManagerOptions> {
  readonly preset?: ServerPreset
  /** What happens to a request before it arrives. */
  readonly onRequest?: (request: Request) => Promise<void>
}

/** A client that meets a persona, in time that passes when the test says so. */
export interface Meeting {
  readonly persona: Persona
  readonly server: AuthorizationServer
  readonly tokens: TokenManager
  readonly events: TokenEvent[]
  /** What was asked of the token endpoint. */
  readonly requests: { readonly form: URLSearchParams; readonly headers: Headers; readonly at: number }[]
  /** How often an event of this type has happened. */
  count(type: TokenEvent['type']): number
  /** Lets time pass until something is so. */
  until(isSo: () => boolean, what: string): Promise<void>
  /** Lets as much time pass as `work` takes. */
  during<T>(work: Promise<T>): Promise<T>
  /** Lets seconds pass. */
  pass(seconds: number): Promise<void>
}

/** Has a client meet the server that a preset names, which behaves as a persona does. */
export function meet(name: PersonaName, { preset = {}, onRequest, ...options }: Setup = {}): Meeting {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'], now: startedAt })
  const persona = personas[name]
  const issuer = preset.metadata?.issuer.replace('{tenantid}', 'common') ?? preset.issuer ?? 'https://as.example'
  const server = createAuthorizationServer({ ...persona.options, issuer })
  const requests: Meeting['requests'] = []
  let underWay = 0
  const track = <T>(work: Promise<T>): Promise<T> => {
    underWay++
    return work.finally(() => underWay--)
  }
  trackKeys(track)
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const asked = new Request(input, init)
    const place = placeOf(asked.url, preset, server)
    const request = place === asked.url ? asked : new Request(place, init)
    const form = new URLSearchParams(await request.clone().text())
    if (form.has('grant_type')) requests.push({ form, headers: request.headers, at: Date.now() })
    await onRequest?.(request)
    return track(server.handle(request))
  }
  const tokens = createTokenManager({ issuer, ...preset, clientId: 'client', ...options, fetch })
  onTestFinished(() => {
    tokens.dispose()
    vi.restoreAllMocks()
    vi.useRealTimers()
  })
  const events: TokenEvent[] = []
  for (const type of ['adopted', 'renewed', 'ended', 'signedOut', 'error', 'warning'] as const) {
    tokens.on(type, (event) => events.push(event))
  }
  const settled = (): Promise<void> => settle(() => underWay > 0)
  const until: Meeting['until'] = async (isSo, what) => {
    await settled()
    for (let timers = 0; !isSo(); timers++) {
      if (timers > 5000 || vi.getTimerCount() === 0) throw new Error(`it never came to this: ${what}`)
      await vi.advanceTimersToNextTimerAsync()
      await settled()
    }
  }
  return {
    persona,
    server,
    tokens,
    events,
    requests,
    count: (type) => events.filter((event) => event.type === type).length,
    until,
    async during(work) {
      let isOver = false
      const over = (): boolean => (isOver = true)
      work.then(over, over)
      await until(() => isOver, 'the call is over')
      return work
    },
    async pass(seconds) {
      await vi.advanceTimersByTimeAsync(seconds * 1000)
      await settled()
    },
  }
}

/** Where the test server has what a preset says is elsewhere. */
function placeOf(url: string, { metadata }: ServerPreset, { issuer }: AuthorizationServer): string {
  if (!metadata) return url
  const paths = new Map<unknown, string>([
    [metadata.token_endpoint, '/token'],
    [metadata.device_authorization_endpoint, '/device_authorization'],
    [metadata.introspection_endpoint, '/introspect'],
    [metadata.revocation_endpoint, '/revoke'],
  ])
  const path = paths.get(url)
  if (path === undefined && !url.endsWith('/resource')) throw new Error(`the preset does not lead to ${url}`)
  return path === undefined ? url : `${issuer}${path}`
}

/** No time passes while messages are on their way and keys are used, which takes the machine some of its own. */
async function settle(isBusy: () => boolean): Promise<void> {
  let idleTurns = 0
  for (let turns = 0; idleTurns < 8; turns++) {
    if (turns > 100_000) throw new Error('something never comes to its end')
    await new Promise((resolve) => setImmediate(resolve))
    idleTurns = isBusy() ? 0 : idleTurns + 1
  }
}

/** Knows when keys are used, which happens as ever. */
function trackKeys(track: <T>(work: Promise<T>) => Promise<T>): void {
  for (const name of ['generateKey', 'exportKey', 'digest', 'sign'] as const) {
    const use = crypto.subtle[name].bind(crypto.subtle) as (...used: unknown[]) => Promise<never>
    vi.spyOn(crypto.subtle, name).mockImplementation((...used: unknown[]) => track(use(...used)))
  }
}
