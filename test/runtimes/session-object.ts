import {
  createTokenManager,
  decodeRecord,
  encodeRecord,
  type TokenManager,
  type TokenStore,
  type Versioned,
} from 'evergrant'

/** What `ctx.storage` of a Durable Object is, as far as it is needed here. */
export interface ObjectStorage {
  get<T>(key: string): Promise<T | undefined>
  put<T>(key: string, value: T): Promise<void>
  delete(key: string): Promise<boolean>
  transaction<T>(work: (storage: Omit<ObjectStorage, 'transaction'>) => Promise<T>): Promise<T>
}

interface Stored {
  readonly stamp: string
  readonly text: string
}

/** Keeps sessions in the storage of a Durable Object. */
export function objectStore(storage: ObjectStorage): TokenStore {
  const find = async (place: Pick<ObjectStorage, 'get'>, key: string): Promise<Versioned | undefined> => {
    const stored = await place.get<Stored>(key)
    return stored && { revision: stored.stamp, record: decodeRecord(stored.text) }
  }
  return {
    durability: 'strict',
    read: (key) => find(storage, key),
    swap: (key, expected, next) =>
      storage.transaction(async (place) => {
        const current = await find(place, key)
        if (current?.revision !== expected) return { won: false, current }
        const stamp = crypto.randomUUID()
        if (next) await place.put<Stored>(key, { stamp, text: encodeRecord(next) })
        else await place.delete(key)
        return { won: true, revision: next && stamp }
      }),
  }
}

/** The session of one user. */
export class SessionObject {
  readonly tokens: TokenManager

  constructor({ storage }: { readonly storage: ObjectStorage }, { issuer }: { readonly issuer: string }) {
    this.tokens = createTokenManager({ issuer, clientId: 'client', store: objectStore(storage), autoRenew: false })
  }

  /** Takes the token response of a sign-in by POST, and gives an access token by GET. */
  async fetch(request: Request): Promise<Response> {
    if (request.method === 'GET') return new Response(await this.tokens.getAccessToken())
    await this.tokens.setTokens(await request.json())
    return new Response()
  }
}
