/** Of the client `web`: a secret of which every character matters. */
export const clientSecret = 'a: secret + 100 %'

/** The authorization server as a program in another runtime reaches it, with what tests may ask of it besides. */
export class Remote {
  constructor(readonly issuer: string) {}

  /** Starts a session, and forgets what happened before; resolves to its refresh token. */
  signIn(clientId = 'client'): Promise<string> {
    return this.#ask('sign-in', clientId)
  }

  /** What came of each use of a refresh token since the last sign-in. */
  outcomes(): Promise<string[]> {
    return this.#ask('outcomes')
  }

  isUsable(token = ''): Promise<boolean> {
    return this.#ask('is-usable', token)
  }

  /** Ends the session that was started last, as an administrator would. */
  endSession(): Promise<void> {
    return this.#ask('end-session')
  }

  /** Answers the next token request with 503, and wants to be left alone for a minute. */
  failNext(): Promise<void> {
    return this.#ask('fail-next')
  }

  /** Answers the next token request with a redirect that leads to tokens, and wants to be left alone for a minute. */
  redirectNext(): Promise<void> {
    return this.#ask('redirect-next')
  }

  /** Ends one access token. */
  async revoke(token: string): Promise<void> {
    const body = new URLSearchParams({ client_id: 'client', token })
    await (await fetch(`${this.issuer}/revoke`, { method: 'POST', body })).text()
  }

  async #ask<T>(question: string, about = ''): Promise<T> {
    const response = await fetch(`${this.issuer}/test/${question}`, { method: 'POST', body: about })
    return (await response.json()) as T
  }
}
