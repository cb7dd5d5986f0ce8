/** What a server knows of one of its clients. */
export interface ClientRegistration {
  /** Makes it a web client, which proves its identity; a client without one is public. */
  readonly secret?: string
  /** Where it may send users to after a sign-in; anywhere unless it says so. */
  readonly redirectUris?: readonly string[]
  /** Where it may send users to after a sign-out; anywhere unless it says so. */
  readonly postLogoutRedirectUris?: readonly string[]
}

/** The clients of a server. */
export class Clients {
  constructor(private readonly registrations: Readonly<Record<string, ClientRegistration>>) {}

  find(id: string | null | undefined): ClientRegistration | undefined {
    return typeof id === 'string' && Object.hasOwn(this.registrations, id) ? this.registrations[id] : undefined
  }

  /**
   * The client a request comes from: a public one names itself in the body, a web client uses HTTP Basic and nothing
   * else, except where its name is a parameter of the request anyway (`mayRepeatItsName`).
   */
  authenticate(form: URLSearchParams, headers: Headers, mayRepeatItsName = false): string | undefined {
    const named = form.get('client_id')
    const basic = /^Basic (.+)$/.exec(headers.get('authorization') ?? '')?.[1]
    if (basic === undefined) {
      const client = this.find(named)
      return client && client.secret === undefined ? (named ?? undefined) : undefined
    }
    const [id = '', secret] = atob(basic)
      .split(':')
      .map((part) => new URLSearchParams(`x=${part}`).get('x') ?? '')
    const isNameFine = named === null || (mayRepeatItsName && named === id)
    const client = this.find(id)
    return client && client.secret === secret && isNameFine ? id : undefined
  }
}
