// A library that works with evergrant on any platform: it brings a store of its own and passes managers on.
import {
  createTokenManager,
  decodeRecord,
  encodeRecord,
  EvergrantError,
  type SessionRecord,
  type SwapResult,
  type TokenManager,
  type TokenManagerOptions,
  type TokenStore,
  type Versioned,
} from 'evergrant'

class TextStore implements TokenStore {
  readonly durability = 'relaxed'
  readonly #texts = new Map<string, string>()

  async read(key: string): Promise<Versioned | undefined> {
    const text = this.#texts.get(key)
    return text === undefined ? undefined : { revision: text, record: decodeRecord(text) }
  }

  async swap(key: string, expected: unknown, next: SessionRecord | undefined): Promise<SwapResult> {
    const text = this.#texts.get(key)
    if (text !== expected) return { won: false, current: await this.read(key) }
    if (!next) throw new EvergrantError('unsupported', 'this store keeps everything')
    this.#texts.set(key, encodeRecord(next))
    return { won: true, revision: this.#texts.get(key) }
  }
}

export function create(options: Omit<TokenManagerOptions, 'store'>): TokenManager {
  return createTokenManager({ ...options, store: new TextStore() })
}

export async function report(tokens: TokenManager): Promise<string> {
  const { store, session, transitions } = tokens.diagnose()
  await tokens.signOut()
  return [store.durability, session.state, ...transitions.map(({ what }) => what)].join(', ')
}
