import { systemEnvironment, within } from '../core/environment.js'
import { EvergrantError } from '../core/errors.js'
import { recordFormat, type LiveRecord, type StoredRecord } from '../core/record.js'
import { Session } from '../core/session.js'
import type { TokenStore } from '../core/store.js'
import type { McpClientInformation, McpDiscoveryState } from './sdk.js'

/** Which client of which authorization server a session belongs to. */
export interface Registration {
  readonly client: McpClientInformation
  readonly discovery: McpDiscoveryState
  /** What the user has signed in for (RFC 8707), as it was written; absent in older records. */
  readonly resource?: string | undefined
}

/** A sign-in whose code has not come yet. */
export interface SignIn extends Registration {
  readonly state: string
  /** The code verifier of RFC 7636. */
  readonly verifier: string
}

interface Content {
  readonly registration?: Registration | undefined
  /** Whether nobody is to sign in as that client again. The session that it may still have goes on. */
  readonly isGivenUp?: boolean | undefined
  /** Oldest first. */
  readonly pending: readonly SignIn[]
}

/** Nobody may ever come back from a sign-in, so only the newest are kept. */
const mostPending = 8
/** Longer than a store may be given to take a registration. */
const farewellMs = 60_000

/**
 * What must be known before there is a session: the client of the present one and the sign-ins under way. It lies beside
 * the session in the same store, so that all processes share it and a code may come to another one than has asked for it.
 * Stores keep session records only; this is one without tokens.
 */
export class SignIns {
  readonly #session: Session
  #rewriting: Promise<unknown> | undefined

  constructor(store: TokenStore, key: string) {
    this.#session = new Session(key, store, systemEnvironment, () => undefined)
  }

  /** The client of the present session, or of the last one. */
  async registration(): Promise<Registration | undefined> {
    const { registration } = await this.#read()
    if (registration) await this.#rewrite()
    return registration
  }

  /** The client that nobody is to sign in as again. */
  async givenUp(): Promise<string | undefined> {
    const { registration, isGivenUp } = await this.#read()
    return isGivenUp ? registration?.client.client_id : undefined
  }

  /**
   * Lets the next sign-in register another client. The present one is only marked: somebody may sign in as it at this moment,
   * and no process would find a session whose client is gone from here.
   *
   * @param clientId the client that is meant, if it is the present one; whichever is the present one by default
   */
  async giveUp(clientId?: string): Promise<void> {
    // What is still in memory would overrule this later.
    await this.#session.flush()
    await this.#session.update((stored) => {
      const content = contentOf(stored)
      const present = content.registration?.client.client_id
      const isMeant = present !== undefined && (clientId === undefined || clientId === present)
      return isMeant && !content.isGivenUp ? recordOf({ ...content, isGivenUp: true }) : undefined
    })
  }

  /** The sign-in to which `state` belongs, if it is under way. */
  async find(state: string | null): Promise<SignIn | undefined> {
    return (await this.#read()).pending.find((signIn) => signIn.state === state)
  }

  async begin(signIn: SignIn): Promise<void> {
    await this.#change((content) => ({ ...content, pending: [...content.pending, signIn].slice(-mostPending) }))
  }

  /** Makes the client of a sign-in that of the present session. Resolves to the one before. */
  async finish(signIn: SignIn): Promise<Registration | undefined> {
    let previous: Registration | undefined
    const next = registrationOf(signIn)
    const change = (stored: StoredRecord | undefined): LiveRecord => {
      const { registration, pending } = contentOf(stored)
      // It is asked again of what it has written.
      if (JSON.stringify(registration) !== JSON.stringify(next)) previous = registration
      return recordOf({ registration: next, pending: pending.filter(({ state }) => state !== signIn.state) })
    }
    // The session itself is kept in memory when the store fails, and so is this.
    await this.#session.put(change)
    return previous
  }

  /** Offers to the store what it has not taken yet, as `Session.handOver()` does. A process does not end before that. */
  handOver(): Promise<void> {
    return within(systemEnvironment, farewellMs, this.#session.handOver(), tooLate, true)
  }

  /** Gives up what no key opens. */
  async discardSealed(): Promise<void> {
    await this.#session.update((stored) =>
      stored?.state === 'sealed'
        ? { format: recordFormat, state: 'signed_out', sessionId: '', generation: 0, at: 0 }
        : undefined,
    )
  }

  /** Once in each process: so the key of an encrypted store may be replaced although nobody signs in. */
  async #rewrite(): Promise<void> {
    const same = (stored: StoredRecord | undefined): LiveRecord | undefined =>
      stored?.state === 'live' ? { ...stored } : undefined
    this.#rewriting ??= this.#session.update(same).catch(() => (this.#rewriting = undefined))
    await this.#rewriting
  }

  async #read(): Promise<Content> {
    await this.#session.read()
    return contentOf(this.#session.record)
  }

  async #change(change: (content: Content) => Content): Promise<void> {
    await this.#session.update((stored) => recordOf(change(contentOf(stored))))
  }
}

/** What is kept of a sign-in when it is finished. */
export function registrationOf({ client, discovery, resource }: Registration): Registration {
  return { client, discovery, resource }
}

function recordOf(content: Content): LiveRecord {
  const base = { format: recordFormat, state: 'live', sessionId: 'mcp', generation: 0, at: 0 } as const
  return { ...base, accessTokens: {}, extra: { ...content } }
}

function contentOf(record: StoredRecord | undefined): Content {
  const extra = record?.state === 'live' ? (record.extra as Partial<Content> | undefined) : undefined
  return { registration: extra?.registration, isGivenUp: extra?.isGivenUp, pending: extra?.pending ?? [] }
}

function tooLate(): EvergrantError {
  return new EvergrantError('storage_failed', 'the store gives no answer')
}
