import type { OAuthClient } from '../core/client.js'
import { answerMs, sleep, systemEnvironment } from '../core/environment.js'
import { EvergrantError, isEvergrantError, unanswered, type ErrorDetails } from '../core/errors.js'
import { isWordless, mostWordless } from '../core/flight.js'
import { isUnclear } from '../core/outcome.js'
import type { TokenManager } from '../core/token-manager.js'
import { WaitingRoom } from '../core/waiting-room.js'
import {
  requestDeviceCode,
  requestDeviceTokens,
  type DeviceAuthorization,
  type DevicePrompt,
} from '../oauth/device-authorization.js'
import type { FirstAnswer } from '../oauth/token-request.js'

/** How the user of a device is signed in. */
export interface DeviceSignInOptions {
  /**
   * Shows the user where to go and what to enter. Called once; it need not wait for the user, who is waited for in any
   * case. What it throws ends the sign-in.
   */
  readonly onPrompt: (prompt: DevicePrompt) => unknown
  /** In place of the manager's `scope`. */
  readonly scope?: string | undefined
  /** Ends the sign-in with an error of code `aborted`. */
  readonly signal?: AbortSignal | undefined
  /** Further parameters of the request for a code, such as `audience` or `resource`. */
  readonly additionalParameters?: Readonly<Record<string, string>> | undefined
}

/** Nobody sits and waits for one of these, and the answer may hold the tokens: so it may take its time. */
const pollAnswerMs = 30_000
const slowDownMs = 5000
/** So that the tokens come soon after the network has come back. */
const longestBackoffMs = 60_000

/**
 * Signs a user in who has no browser or keyboard at hand, such as that of a television or of a command line: they enter
 * a code on another device (RFC 8628). Resolves when they have done so and the session can be used. Whoever was signed in
 * before stays so until then.
 *
 * @throws EvergrantError `denied` when the user said no; `login_required` with the `error` `expired_token` when nobody
 *   entered the code in time, and `lost_in_flight` when the answer with the tokens may have been lost: start again;
 *   `aborted`; `unavailable` when no code can be had for now; `unsupported` when the server does not offer this;
 *   `misconfigured` when it refuses the client
 * @throws what `onPrompt` throws
 */
export async function signInWithDevice(tokens: TokenManager, options: DeviceSignInOptions): Promise<void> {
  const { client } = tokens
  const { onPrompt, scope = client.scope, signal, additionalParameters = {} } = options
  if (signal?.aborted) throw new EvergrantError('aborted', 'the sign-in was given up before it began')
  const room = new WaitingRoom(systemEnvironment)
  const wait: Wait = (work, endsAt, late) => room.wait(work, endsAt, signal, late)
  try {
    const sentAt = systemEnvironment.monotonic()
    const requesting = requestDeviceCode(client, scope, additionalParameters)
    const authorization = await wait(requesting, sentAt + answerMs, unanswered)
    const failed = new Promise<never>((_resolve, reject) => {
      void (async () => onPrompt(authorization.prompt))().catch(reject)
    })
    const polling = poll(client, authorization, sentAt + authorization.lifetimeMs, wait)
    const { response, sentAt: receivedAt, proofKey } = await Promise.race([failed, polling])
    await tokens.setTokens(response, { receivedAt, scope, proofKey })
  } finally {
    room.close()
  }
}

/** Waits for `work` as long as it may take, and no longer than the sign-in goes on. */
type Wait = <T>(work: Promise<T>, endsAt: number, late: () => EvergrantError) => Promise<T>

/** Asks for the tokens until the user has decided. Never asks before it is time, or once the code has expired. */
async function poll(
  client: OAuthClient,
  { deviceCode, intervalMs }: DeviceAuthorization,
  expiresAt: number,
  wait: Wait,
): Promise<FirstAnswer> {
  const pace = new Pace(intervalMs)
  for (;;) {
    const dueAt = systemEnvironment.monotonic() + pace.waitMs
    const pauseMs = Math.min(dueAt, expiresAt) - systemEnvironment.monotonic()
    await wait(sleep(systemEnvironment, pauseMs), expiresAt, expired)
    const now = systemEnvironment.monotonic()
    if (Math.max(now, dueAt) >= expiresAt) throw expired()
    try {
      return await wait(requestDeviceTokens(client, deviceCode), now + pollAnswerMs, unanswered)
    } catch (error) {
      pace.take(error)
    }
  }
}

/** How long to wait before the next request (RFC 8628 section 3.5). */
class Pace {
  waitMs: number
  #failures = 0
  #mayBeSpent = false
  /** How many answers in a row were not in the words of OAuth. */
  #strange = 0

  constructor(private intervalMs: number) {
    this.waitMs = intervalMs
  }

  /** Takes note of an answer without tokens. Throws when it is the last one. */
  take(failure: unknown): void {
    if (!isEvergrantError(failure)) throw failure
    const { code, error, retryAt = 0 } = failure
    const askedMs = retryAt - systemEnvironment.now()
    const isPending = error === 'authorization_pending' || error === 'slow_down'
    const mayPass = code === 'unavailable' || (isWordless(failure) && ++this.#strange < mostWordless)
    if (!isPending && !mayPass) throw this.#end(failure)
    this.#mayBeSpent ||= !isPending && isUnclear(failure)
    this.#failures = isPending ? 0 : this.#failures + 1
    if (isPending) this.#strange = 0
    if (error === 'slow_down') this.intervalMs = Math.max(this.intervalMs + slowDownMs, askedMs)
    const backoffMs = Math.min(this.intervalMs * 2 ** this.#failures, longestBackoffMs)
    this.waitMs = Math.max(this.intervalMs, backoffMs, askedMs)
  }

  #end(failure: EvergrantError): EvergrantError {
    const { status, error, errorDescription, errorUri } = failure
    const details = { status, error, errorDescription, errorUri }
    if (error === 'expired_token') return expired(details)
    if (error !== 'invalid_grant' || !this.#mayBeSpent) return failure
    const what = 'the tokens were lost on their way or the code has expired: start the sign-in again'
    return new EvergrantError('lost_in_flight', what, details)
  }
}

function expired(details: ErrorDetails = { error: 'expired_token' }): EvergrantError {
  return new EvergrantError('login_required', 'the code has expired: start the sign-in again', details)
}
