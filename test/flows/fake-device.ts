import {
  createTokenManager,
  signInWithDevice,
  type DevicePrompt,
  type DeviceSignInOptions,
  type TokenManager,
  type TokenManagerOptions,
} from 'evergrant'
import { onTestFinished, vi } from 'vitest'
import { watchServer, type Interception, type WatchedServer, type WatchedServerOptions } from './watched-server.js'

const startedAt = Date.UTC(2026, 0, 1)
const stepMs = 500

export interface FakeDeviceOptions
  extends WatchedServerOptions, Partial<Pick<TokenManagerOptions, 'clientAuth' | 'scope'>> {
  readonly clientId?: string
}

/** A device whose user is to sign in, in time that passes when the test says so. */
export interface FakeDevice extends WatchedServer {
  readonly tokens: TokenManager
  /** When tokens were asked for, in seconds since the sign-in began. */
  readonly askedAt: readonly number[]
  /** What the device shows. */
  readonly prompt: DevicePrompt
  /** What has come of the sign-in: `waiting` until it is over, then `signed in` or the error. */
  readonly outcome: unknown
  /** Begins the sign-in, and lets the device show its code. */
  start(options?: Partial<DeviceSignInOptions>): Promise<void>
  /** Lets seconds pass. */
  pass(seconds: number): Promise<void>
  /** Is told what has come of the sign-in. No time passes by that. */
  readonly over: Promise<unknown>
  /** Lets time pass until the sign-in is over. */
  end(): Promise<unknown>
}

/** Replaces the clocks and timers, until the test is over. */
export function fakeDevice(options: FakeDeviceOptions = {}): FakeDevice {
  // An ID token is signed in real time, in which none passes here.
  const { clientId = 'client', clientAuth, scope = 'offline_access', ...serverOptions } = options
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'], now: startedAt })
  const watched = watchServer(serverOptions)
  const askedAt: number[] = []
  let begunAt = 0
  let prompt: DevicePrompt | undefined
  let outcome: unknown = 'waiting'
  let over: Promise<unknown> = Promise.resolve()
  const tokens = createTokenManager({
    issuer: watched.server.issuer,
    clientId,
    clientAuth,
    scope,
    autoRenew: false,
    fetch(input, init) {
      const request = new Request(input, init)
      if (request.url.endsWith('/token')) askedAt.push((performance.now() - begunAt) / 1000)
      return watched.handle(request)
    },
  })
  onTestFinished(() => {
    tokens.dispose()
    vi.useRealTimers()
  })
  const onPrompt = (shown: DevicePrompt): void => void (prompt = shown)
  return {
    ...watched,
    tokens,
    askedAt,
    get prompt() {
      if (!prompt) throw new Error('the device shows nothing')
      return prompt
    },
    get outcome() {
      return outcome
    },
    get over() {
      return over
    },
    async start(options) {
      begunAt = performance.now()
      const settle = (settled: unknown): unknown => (outcome = settled)
      over = signInWithDevice(tokens, { onPrompt, ...options }).then(() => settle('signed in'), settle)
      await settled()
    },
    pass,
    async end() {
      for (let step = 0; outcome === 'waiting' && step < 10_000; step++) await pass(stepMs / 1000)
      return outcome
    },
  }
}

/** In steps, as what one timer sets going takes more than one turn of the event loop. */
async function pass(seconds: number): Promise<void> {
  for (let left = seconds * 1000; left > 0; left -= stepMs) {
    await vi.advanceTimersByTimeAsync(Math.min(left, stepMs))
    await settled()
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Answers requests for tokens with these, one after the other; then the server does. Errors reject. */
export function answerTokenRequests(...answers: readonly (Response | Error | 'never')[]): Interception {
  let index = 0
  return (request, pass) => {
    const answer = request.url.endsWith('/token') ? answers[index++] : undefined
    if (answer === undefined) return pass(request)
    if (answer === 'never') return new Promise(() => undefined)
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  }
}

export function refusal(error: string, status = 400, more: object = {}): Response {
  return Response.json({ error, ...more }, { status })
}
