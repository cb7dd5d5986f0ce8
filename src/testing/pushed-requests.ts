const lifetimeSeconds = 60

/** What the pushed authorization request endpoint answers. */
export interface PushedRequestAnswer {
  readonly request_uri: string
  readonly expires_in: number
}

/** Authorization requests that clients sent ahead (RFC 9126). Each is used once. */
export class PushedRequests {
  readonly #requests = new Map<string, { readonly parameters: URLSearchParams; readonly expiresAt: number }>()
  #pushed = 0

  constructor(private readonly name: (kind: string, count: number) => string) {}

  push(parameters: URLSearchParams, now: number): PushedRequestAnswer {
    const uri = `urn:ietf:params:oauth:request_uri:${this.name('request', this.#pushed++)}`
    this.#requests.set(uri, { parameters, expiresAt: now + lifetimeSeconds * 1000 })
    return { request_uri: uri, expires_in: lifetimeSeconds }
  }

  /** The request behind its address, unless that was used, has expired or is another client's. */
  take(uri: string, clientId: string | null, now: number): URLSearchParams | undefined {
    const request = this.#requests.get(uri)
    if (request?.parameters.get('client_id') !== clientId) return undefined
    this.#requests.delete(uri)
    return now < request.expiresAt ? request.parameters : undefined
  }
}
