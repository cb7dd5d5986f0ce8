import type { EvergrantError } from './errors.js'
import { isReadable, tokenOf, type EndReason, type StoredRecord } from './record.js'

/** What happens to a session. No event ever holds a token. */
export type TokenEvent =
  | {
      /** A session was taken up: from `setTokens()` here, or another holder signed in. */
      readonly type: 'adopted'
      readonly sessionId: string
    }
  | {
      /** The tokens were renewed, by this manager or by another holder of the session. */
      readonly type: 'renewed'
      readonly sessionId: string
      readonly generation: number
      readonly by: 'here' | 'elsewhere'
      /** When the access token ends, in milliseconds since 1970, if the server said so. */
      readonly expiresAt: number | undefined
      /** The scope of the access token, if the server said so. */
      readonly scope: string | undefined
    }
  | {
      /** The server no longer renews the session: send the user to sign in. */
      readonly type: 'ended'
      readonly sessionId: string
      readonly reason: EndReason
    }
  | {
      /**
       * The server has said when its refresh token ends, and that is near: in five minutes, or a tenth of its time. Renewals go on,
       * and may move the end. Told once for each end, while this manager renews in the background.
       */
      readonly type: 'sessionExpiring'
      readonly sessionId: string
      /** Milliseconds since 1970. */
      readonly endsAt: number
    }
  | {
      /**
       * The session was signed out, here or by another holder, or its record has gone. It is told at once, while the store and
       * the server are still being told: a page that is to be left waits until `signOut()` has resolved.
       */
      readonly type: 'signedOut'
    }
  | {
      /**
       * An API demands more than a new token of the same kind: another scope (RFC 6750 section 3.1) or another way of
       * signing in (RFC 9470 section 3). The parameters fit a new sign-in.
       */
      readonly type: 'challenge'
      readonly error: 'insufficient_scope' | 'insufficient_user_authentication'
      /** The origin of the API. */
      readonly origin: string
      readonly scope: string | undefined
      readonly acrValues: string | undefined
      /** How many seconds ago the user may have signed in. */
      readonly maxAge: number | undefined
      /** Where the API describes itself (RFC 9728 section 5.1). */
      readonly resourceMetadata: string | undefined
    }
  | {
      /**
       * The session works, but not as it was asked for. `no_refresh_token`: the scope `offline_access` brought no refresh
       * token, so the session ends with its access token.
       */
      readonly type: 'warning'
      readonly warning: 'no_refresh_token'
      readonly message: string
    }
  | {
      /** Something failed in the background, or needs attention although the caller got a token. */
      readonly type: 'error'
      readonly error: EvergrantError
    }

/** What listeners are told: an event, or that the snapshot is another. */
export type Notice = TokenEvent | { readonly type: 'change' }

/** The event that leads from one record to the next; `by` tells whose a renewal was. */
export function eventBetween(
  previous: StoredRecord | undefined,
  record: StoredRecord | undefined,
  expiresAt: number | undefined,
  by: 'here' | 'elsewhere',
): TokenEvent | undefined {
  if (record?.state === 'live') {
    const { sessionId, generation } = record
    if (previous?.state !== 'live' || previous.sessionId !== sessionId) return { type: 'adopted', sessionId }
    if (previous.generation === generation) return undefined
    return { type: 'renewed', sessionId, generation, by, expiresAt, scope: tokenOf(record)?.scope }
  }
  if (record?.state === 'ended') {
    const { sessionId, reason } = record
    return previous?.state === 'ended' ? undefined : { type: 'ended', sessionId, reason }
  }
  return previous?.state === 'live' && (!record || isReadable(record)) ? { type: 'signedOut' } : undefined
}

type Listener<T> = (event: T) => void

/** Keeps the listeners of a manager. A listener that throws disturbs nobody: its error surfaces as uncaught. */
export class Emitter {
  readonly #listeners = new Set<readonly [type: string, listener: Listener<never>]>()

  /** Calls `listener` for each event of `type`, or of any with `*`. Returns a function that ends it. */
  on<T extends { type: string }>(type: string, listener: Listener<T>): () => void {
    const entry = [type, listener] as const
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  emit(event: Notice): void {
    for (const [type, listener] of [...this.#listeners]) {
      if (type !== event.type && (type !== '*' || event.type === 'change')) continue
      try {
        listener(event as never)
      } catch (error) {
        void Promise.reject(error)
      }
    }
  }

  clear(): void {
    this.#listeners.clear()
  }
}
