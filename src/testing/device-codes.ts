import type { Environment } from '../core/environment.js'
import type { AuthorizationDecision } from './authorization-endpoint.js'
import { signInOf } from './sign-ins.js'
import type { Redeemed, TokenFamilies } from './token-families.js'

/** How a server signs users in who come with a device. */
export interface DeviceOptions {
  /** How long a user may take to enter their code, in seconds; 600 by default. */
  readonly deviceCodeSeconds?: number | undefined
  /** How long a device has to wait before each request for the tokens, in seconds; 5 by default. */
  readonly deviceIntervalSeconds?: number | undefined
}

/** What a device has asked for, and what has become of it. */
interface DeviceCode {
  readonly clientId: string
  readonly scope: string
  readonly userCode: string
  readonly expiresAt: number
  intervalMs: number
  /** When the device may ask again. */
  dueAt: number
  decision?: AuthorizationDecision
  isSpent: boolean
}

interface Surroundings {
  readonly families: TokenFamilies
  readonly name: (kind: string, count: number) => string
  readonly random: Environment['random']
  readonly offlineAccess: boolean | undefined
}

/** Consonants, so that no words come of it (RFC 8628 section 6.1). */
const letters = 'BCDFGHJKLMNPQRSTVWXZ'
const slowDownMs = 5000

/** The codes of devices (RFC 8628). */
export class DeviceCodes {
  readonly #codes = new Map<string, DeviceCode>()

  constructor(
    private readonly options: DeviceOptions,
    private readonly server: Surroundings,
  ) {}

  /** Answers a device authorization request of a client. */
  issue(form: URLSearchParams, clientId: string, issuer: string, now: number): Readonly<Record<string, unknown>> {
    const { deviceCodeSeconds = 600, deviceIntervalSeconds = 5 } = this.options
    const deviceCode = this.server.name('device', this.#codes.size)
    const part = (): string =>
      Array.from({ length: 4 }, () => letters[(this.server.random() * letters.length) | 0]).join('')
    const userCode = `${part()}-${part()}`
    const intervalMs = deviceIntervalSeconds * 1000
    this.#codes.set(deviceCode, {
      clientId,
      scope: form.get('scope') ?? '',
      userCode,
      expiresAt: now + deviceCodeSeconds * 1000,
      intervalMs,
      dueAt: now + intervalMs,
      isSpent: false,
    })
    const verificationUri = `${issuer}/device`
    return {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: verificationUri,
      verification_uri_complete: `${verificationUri}?user_code=${userCode}`,
      expires_in: deviceCodeSeconds,
      interval: deviceIntervalSeconds,
    }
  }

  decide(userCode: string, decision: AuthorizationDecision): void {
    const code = [...this.#codes.values()].find((code) => code.userCode === userCode)
    if (!code) throw new Error(`no device shows the code ${userCode}`)
    code.decision = decision
  }

  /** Uses a device code once its user has agreed; until then, and when they did not, tells the `error` to answer with. */
  redeem(form: URLSearchParams, clientId: string, now: number): Redeemed | string {
    const code = this.#codes.get(form.get('device_code') ?? '')
    if (code?.clientId !== clientId || code.isSpent) return 'invalid_grant'
    const isTooSoon = now < code.dueAt
    if (isTooSoon) code.intervalMs += slowDownMs
    code.dueAt = now + code.intervalMs
    if (now >= code.expiresAt) return 'expired_token'
    if (isTooSoon) return 'slow_down'
    const { decision } = code
    if (!decision) return 'authorization_pending'
    code.isSpent = true
    if ('error' in decision) return decision.error
    const { signIn, isOffline } = signInOf(decision, code, now, this.server.offlineAccess)
    return this.server.families.start(signIn, isOffline)
  }
}
