import type { Jwk } from '../core/keys.js'
import { ClientAssertions, secretKey, type AssertionCheck } from './client-assertions.js'

/** How a client shows who it is (OpenID Connect Core section 9). */
export type ClientAuthMethod =
  'none' | 'client_secret_basic' | 'client_secret_post' | 'client_secret_jwt' | 'private_key_jwt'

/** What a server knows of one of its clients. */
export interface ClientRegistration {
  /** Makes it a web client, which proves its identity; a client without one, and without a `publicKey`, is public. */
  readonly secret?: string | undefined
  /** Makes it a web client that proves its identity by assertions signed with RS256, PS256 or ES256. */
  readonly publicKey?: Jwk | undefined
  /** How it authenticates: `private_key_jwt` if it has a key, `client_secret_basic` if it has a secret. */
  readonly authMethod?: ClientAuthMethod | undefined
  /** Whether its secret is decoded in HTTP Basic, as RFC 6749 section 2.3.1 demands; `true` by default. */
  readonly decodesBasic?: boolean | undefined
  /** Where it may send users to after a sign-in; anywhere unless it says so. */
  readonly redirectUris?: readonly string[] | undefined
  /** Where it may send users to after a sign-out; anywhere unless it says so. */
  readonly postLogoutRedirectUris?: readonly string[] | undefined
}

/** The clients of a server. */
export class Clients {
  readonly #assertions = new ClientAssertions()

  constructor(private readonly registrations: Readonly<Record<string, ClientRegistration>>) {}

  find(id: string | null | undefined): ClientRegistration | undefined {
    return typeof id === 'string' && Object.hasOwn(this.registrations, id) ? this.registrations[id] : undefined
  }

  isPublic(id: string): boolean {
    return methodOf(this.registrations[id] ?? {}) === 'none'
  }

  /**
   * The client a request comes from: it authenticates in the way it is registered for and in no other. With HTTP Basic it
   * does not name itself in the body too, except where its name is a parameter of the request anyway (`mayRepeatItsName`).
   */
  async authenticate(
    form: URLSearchParams,
    headers: Headers,
    check: AssertionCheck,
    mayRepeatItsName = false,
  ): Promise<string | undefined> {
    const basic = basicOf(headers)
    const [secret, assertion, named] = ['client_secret', 'client_assertion', 'client_id'].map((name) => form.get(name))
    if ([basic, secret, assertion].filter((shown) => shown != null).length > 1) return undefined
    const id = basic?.id ?? (assertion ? this.#assertions.subjectOf(form) : named) ?? ''
    const client = this.find(id)
    const isNamedRight = basic && !mayRepeatItsName ? named === null : named === null || named === id
    if (!client || !isNamedRight) return undefined
    switch (methodOf(client)) {
      case 'none':
        return basic || secret != null || assertion != null ? undefined : id
      case 'client_secret_basic':
        return basic?.[client.decodesBasic === false ? 'rawSecret' : 'secret'] === client.secret ? id : undefined
      case 'client_secret_post':
        return secret === client.secret ? id : undefined
      case 'client_secret_jwt':
        return (await this.#assertions.isBy(id, secretKey(client.secret ?? ''), form, check)) ? id : undefined
      case 'private_key_jwt':
        return (await this.#assertions.isBy(id, client.publicKey ?? {}, form, check)) ? id : undefined
    }
  }
}

function methodOf({ authMethod, publicKey, secret }: ClientRegistration): ClientAuthMethod {
  return authMethod ?? (publicKey ? 'private_key_jwt' : secret === undefined ? 'none' : 'client_secret_basic')
}

function basicOf(headers: Headers): { id: string; secret: string; rawSecret: string } | undefined {
  const [, basic] = /^Basic (.+)$/.exec(headers.get('authorization') ?? '') ?? []
  if (basic === undefined) return undefined
  const [rawId, ...rest] = atob(basic).split(':')
  const rawSecret = rest.join(':')
  const [id = '', secret = ''] = [rawId, rawSecret].map((part) => new URLSearchParams(`x=${part}`).get('x') ?? '')
  return { id, secret, rawSecret }
}
