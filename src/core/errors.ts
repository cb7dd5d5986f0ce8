/**
 * What went wrong, as one of eight words a program can switch on.
 *
 * - `login_required`: there is no session, it has ended, or only the user can renew it (the server demands interaction,
 *   or there is no refresh token). Send the user to sign in.
 * - `lost_in_flight`: the session has ended because the answer to a renewal never arrived and the server does not
 *   accept the refresh token a second time, or the tokens of a sign-in on a device were lost like that. Send the user to
 *   sign in; if this is frequent, ask the server's administrator for a grace period on rotation.
 * - `unavailable`: the server or the network failed for now. The session is kept. Try again at `retryAt`.
 * - `misconfigured`: the server refuses this client, or the call makes no sense. The session is kept. Fix the setup.
 * - `denied`: a policy of the server refuses this user or scope for now, or the user has cancelled a sign-in. The session is
 *   kept. Tell the user.
 * - `storage_failed`: the store cannot be read or written. The session is kept in memory while this realm lives,
 *   and writing is tried again. If it stays, free space or mend the store. A sign-in by redirect
 *   needs `sessionStorage`.
 * - `aborted`: the caller's own `signal`, `dispose()` or a change of account ended the wait. Nothing was lost, and
 *   nothing is to be done.
 * - `unsupported`: the server, the runtime or the store lacks what the call needs. Use another one, serve the page over
 *   https, or update evergrant.
 */
export type ErrorCode =
  | 'login_required'
  | 'lost_in_flight'
  | 'unavailable'
  | 'misconfigured'
  | 'denied'
  | 'storage_failed'
  | 'aborted'
  | 'unsupported'

/** Facts about a failure that help to act on it. None of them ever holds a token. */
export interface ErrorDetails {
  /** When it makes sense to try again, in milliseconds since 1970. */
  readonly retryAt?: number | undefined
  /** HTTP status of the server's answer. */
  readonly status?: number | undefined
  /** `error` of the server's answer, RFC 6749 section 5.2. */
  readonly error?: string | undefined
  /** `error_description` of the server's answer: for people to read, never to switch on and never as HTML. */
  readonly errorDescription?: string | undefined
  /** `error_uri` of the server's answer. */
  readonly errorUri?: string | undefined
  /** Where the user wanted to go when a sign-in by redirect failed: a path of this origin. */
  readonly returnTo?: string | undefined
}

/** The one error class of this package. Switch on {@link EvergrantError.code}. */
export class EvergrantError extends Error implements ErrorDetails {
  override readonly name = 'EvergrantError'
  declare readonly retryAt?: number
  declare readonly status?: number
  declare readonly error?: string
  declare readonly errorDescription?: string
  declare readonly errorUri?: string
  declare readonly returnTo?: string

  constructor(
    readonly code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message)
    Object.assign(this, details)
  }

  /** The same failure, with the time from which another attempt makes sense. */
  until(retryAt: number): EvergrantError {
    return new EvergrantError(this.code, this.message, { ...this, retryAt })
  }

  /** Whether only a new sign-in helps. */
  get loginRequired(): boolean {
    return this.code === 'login_required' || this.code === 'lost_in_flight'
  }
}

/** The failure of a request that was not answered in time. */
export function unanswered(server = 'the server'): EvergrantError {
  return new EvergrantError('unavailable', `${server} did not answer in time`)
}

/**
 * Whether `value` is an error of this package, also when it comes from another copy of it or another realm. An error that a
 * library has wrapped around one is not: see its `cause`.
 */
export function isEvergrantError(value: unknown): value is EvergrantError {
  const { name, loginRequired } = Object(value) as Partial<EvergrantError>
  return name === 'EvergrantError' && loginRequired !== undefined
}

/** Names a foreign error without its message, which may quote a secret. */
export function nameOf(error: unknown): string {
  const { name, code } = Object(error) as { name?: unknown; code?: unknown }
  return [name, code].filter((part) => typeof part === 'string').join(' ')
}
