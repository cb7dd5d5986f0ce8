import type { TokenStore } from 'evergrant'
import { postgresStore } from 'evergrant/postgres'
import { redisStore } from 'evergrant/redis'
import { Redis } from 'ioredis'
import { Pool } from 'pg'

/** A store, and the connections behind it. */
export interface OpenStore {
  readonly store: TokenStore
  close(): Promise<void>
}

/** What the demo leaves in a Redis of yours goes away by itself. A real fleet would not lose live sessions like that. */
const liveTtlSeconds = 3600

/** Opens the store at a URL of Redis or PostgreSQL. */
export async function openStore(url: string): Promise<OpenStore> {
  if (/^rediss?:/.test(url)) {
    const client = new Redis(url)
    // Without a listener it prints whatever happens to a connection; it connects again by itself.
    client.on('error', () => undefined)
    return { store: redisStore(client, { liveTtlSeconds }), close: () => Promise.resolve(client.disconnect()) }
  }
  const pool = new Pool({ connectionString: url })
  // Without a listener it ends the process when an idle connection breaks; it opens another by itself.
  pool.on('error', () => undefined)
  const store = postgresStore(pool)
  await store.migrate()
  return { store, close: () => pool.end() }
}
