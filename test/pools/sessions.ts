import { Redis } from 'ioredis'
import { createTokenPool, type StoredRecord } from '../../src/node.js'
import { redisStore } from '../../src/redis.js'

/** The lifetime of an access token, as servers have it. */
export const accessTokenSeconds = 3600
/** A token is due a minute before its end, or up to a fifth earlier to spread the load: see `countLifetime`. */
const earlyMs = 60_000
const spreadMs = earlyMs / 5
const atOnce = 50

/** What the sessions are called. */
export function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `customer-${index}`)
}

/** Looks after what lies in the store that all pools share, from outside of them. */
export class SharedStore {
  readonly #client: Redis

  constructor(
    redisUrl: string,
    private readonly issuer: string,
  ) {
    this.#client = new Redis(redisUrl)
    this.#client.on('error', () => undefined)
  }

  /**
   * Puts a session for each refresh token into the store. They become due one after the other, the first at `from` and the
   * last by `to`, or as soon as their spread allows.
   */
  async fill(refreshTokens: readonly string[], from: number, to: number): Promise<void> {
    const { issuer } = this
    await using pool = createTokenPool({
      issuer,
      clientId: 'client',
      store: redisStore(this.#client),
      autoRenew: false,
    })
    const keys = keysOf(refreshTokens.length)
    await forAll(keys, async (key, index) => {
      const dueAt = from + (Math.max(0, to - spreadMs - from) * index) / keys.length
      const receivedAt = dueAt + earlyMs + spreadMs - accessTokenSeconds * 1000
      const response = {
        access_token: `access.${key}`,
        token_type: 'Bearer',
        expires_in: accessTokenSeconds,
        refresh_token: String(refreshTokens[index]),
      }
      await pool.session(key).setTokens(response, { receivedAt })
    })
  }

  /** The refresh tokens of all sessions that are alive. */
  async refreshTokens(count: number): Promise<string[]> {
    const store = redisStore(this.#client)
    const found: string[] = []
    await forAll(keysOf(count), async (key) => {
      const record: StoredRecord | undefined = (await store.read(`evergrant ${this.issuer} client ${key}`))?.record
      if (record?.state === 'live' && record.refreshToken !== undefined) found.push(record.refreshToken)
    })
    return found
  }

  /** The version of the server. */
  async version(): Promise<string> {
    return /redis_version:(\S+)/.exec(await this.#client.info('server'))?.[1] ?? 'unknown'
  }

  close(): void {
    this.#client.disconnect()
  }
}

/** Does `work` for each, some at once. */
async function forAll<T>(all: readonly T[], work: (one: T, index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < all.length; index = next++) await work(all[index] as T, index)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}
