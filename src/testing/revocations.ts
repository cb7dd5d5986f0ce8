import type { IssuedTokens } from './issued-tokens.js'
import { respond } from './responses.js'

/** One request to revoke a token. */
export interface Revocation {
  /** By the server's clock, in milliseconds since 1970. */
  readonly at: number
  /** `refresh` ended a session, `access` a token alone. `unknown`: never issued, or to another client. */
  readonly kind: 'access' | 'refresh' | 'unknown'
  /** The session, by the number of its sign-in. */
  readonly family: number | undefined
}

/** The revocation endpoint (RFC 7009). */
export class Revocations {
  readonly log: Revocation[] = []

  constructor(private readonly tokens: IssuedTokens) {}

  /** A token that is not known, or not any more, is no error: what the client wants is so. */
  answer(form: URLSearchParams, clientId: string, at: number): Response {
    const token = form.get('token')
    if (!token) return respond(400, {}, { error: 'invalid_request' })
    const { kind, family } = this.tokens.revoke(token, clientId, at) ?? { kind: 'unknown', family: undefined }
    this.log.push({ at, kind, family })
    return respond(200, {}, undefined)
  }
}
