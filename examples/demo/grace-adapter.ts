import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'
import { InvalidGrant } from 'oidc-provider/lib/helpers/errors.js'

interface Entry {
  readonly model: string
  readonly payload: AdapterPayload
  /** When it was used first, in milliseconds since 1970. */
  consumedAt?: number
}

/**
 * Where `oidc-provider` keeps everything: in memory, for as long as it runs.
 *
 * In two things it does what real servers do and the adapter that comes with `oidc-provider` does not:
 *
 * - A refresh token is consumed atomically. Of two requests that use one at the same moment, one wins; the other counts
 *   as reuse and ends the whole grant.
 * - Within `graceSeconds` of its first use, a refresh token is accepted again, so that a client whose answer was lost
 *   can repeat its request. With 0 there is no such grace. Authorization codes never have any.
 */
export function graceAdapter(graceSeconds: number): AdapterFactory {
  const entries = new Map<string, Entry>()
  return (model) => new GraceAdapter(model, entries, model === 'RefreshToken' ? graceSeconds * 1000 : 0)
}

class GraceAdapter implements Adapter {
  constructor(
    private readonly model: string,
    private readonly entries: Map<string, Entry>,
    private readonly graceMs: number,
  ) {}

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    this.entries.set(this.#key(id), { model: this.model, payload })
  }

  /** The provider refuses what is marked as consumed, so the mark is hidden during the grace. */
  async find(id: string): Promise<AdapterPayload | undefined> {
    const entry = this.entries.get(this.#key(id))
    return entry && this.#isSpent(entry) ? { ...entry.payload, consumed: true } : entry?.payload
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findWhere((payload) => payload.uid === uid)
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findWhere((payload) => payload.userCode === userCode)
  }

  /** Checks and marks in one step: nothing is awaited in between. The grace counts from the first use. */
  async consume(id: string): Promise<void> {
    const entry = this.entries.get(this.#key(id))
    if (!entry || this.#isSpent(entry)) {
      this.#revoke(entry?.payload.grantId)
      throw new InvalidGrant('refresh token already used')
    }
    entry.consumedAt ??= Date.now()
  }

  async destroy(id: string): Promise<void> {
    this.entries.delete(this.#key(id))
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, { model, payload }] of this.entries) {
      if (model === this.model && payload.grantId === grantId) this.entries.delete(key)
    }
  }

  #key(id: string): string {
    return `${this.model} ${id}`
  }

  #isSpent({ consumedAt }: Entry): boolean {
    return consumedAt !== undefined && Date.now() - consumedAt >= this.graceMs
  }

  /** Ends a grant with all that came of it. Without its grant, also what is issued at this moment is worth nothing. */
  #revoke(grantId: string | undefined): void {
    for (const [key, { payload }] of this.entries) {
      if (grantId && payload.grantId === grantId) this.entries.delete(key)
    }
    this.entries.delete(`Grant ${grantId}`)
  }

  async #findWhere(fits: (payload: AdapterPayload) => boolean): Promise<AdapterPayload | undefined> {
    return [...this.entries.values()].find(({ model, payload }) => model === this.model && fits(payload))?.payload
  }
}
