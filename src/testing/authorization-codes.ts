import { base64Url } from './base64-url.js'
import type { Redeemed, SignIn, TokenFamilies } from './token-families.js'

const lifetimeMs = 60_000

/** What a code stands for. */
export interface CodeGrant {
  readonly signIn: SignIn
  /** Whether it brings a refresh token. */
  readonly isOffline: boolean
  readonly redirectUri: string
  readonly codeChallenge: string | null
  readonly nonce: string | undefined
}

interface AuthorizationCode extends CodeGrant {
  readonly expiresAt: number
  /** The family that it started. */
  family?: number
}

/** The authorization codes of a server (RFC 6749 section 4.1, RFC 7636). */
export class AuthorizationCodes {
  readonly #codes = new Map<string, AuthorizationCode>()

  constructor(
    private readonly families: TokenFamilies,
    private readonly name: (kind: string, count: number) => string,
  ) {}

  issue(grant: CodeGrant, now: number): string {
    const code = this.name('code', this.#codes.size)
    this.#codes.set(code, { ...grant, expiresAt: now + lifetimeMs })
    return code
  }

  /**
   * Uses the code of a token request. Returns `undefined` when the server has to answer `invalid_grant`; when that is
   * because the code was used before, it revokes what it brought then (RFC 6749 section 4.1.2).
   */
  async redeem(
    form: URLSearchParams,
    clientId: string,
    now: number,
  ): Promise<(Redeemed & Pick<CodeGrant, 'nonce'>) | undefined> {
    const proof = await codeChallengeOf(form.get('code_verifier'))
    const code = this.#codes.get(form.get('code') ?? '')
    if (code?.signIn.clientId !== clientId) return undefined
    if (code.family !== undefined) {
      this.families.revoke(code.family)
      return undefined
    }
    const isSame = code.redirectUri === form.get('redirect_uri') && code.codeChallenge === proof
    if (!isSame || now >= code.expiresAt) return undefined
    const started = this.families.start(code.signIn, code.isOffline)
    code.family = started.family.id
    return { ...started, nonce: code.nonce }
  }
}

/** The challenge that a verifier answers, `null` if there is none, `undefined` if it is none. */
async function codeChallengeOf(verifier: string | null): Promise<string | null | undefined> {
  if (verifier === null) return null
  if (!/^[\w.~-]{43,128}$/.test(verifier)) return undefined
  return base64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}
