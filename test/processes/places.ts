import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { fileStore, type TokenStore } from '../../src/node.js'
import { postgresStore } from '../../src/postgres.js'
import { redisStore } from '../../src/redis.js'

/** Where the sessions of a fleet lie, in a form that can be told to another process. */
export interface Place {
  readonly kind: 'file' | 'redis' | 'postgres'
  /** A path or a URL. */
  readonly address: string
}

/** A store as one process has it. */
export interface OpenStore {
  readonly store: TokenStore
  close(): Promise<void>
}

/** Opens the store with a client as a service would set it up: trouble with a connection is no reason to end. */
export async function openStore({ kind, address }: Place): Promise<OpenStore> {
  switch (kind) {
    case 'file':
      return { store: fileStore(address), close: () => Promise.resolve() }
    case 'redis': {
      const client = new Redis(address)
      client.on('error', () => undefined)
      return { store: redisStore(client), close: () => Promise.resolve(client.disconnect()) }
    }
    case 'postgres': {
      const pool = new Pool({ connectionString: address, max: 2 })
      pool.on('error', () => undefined)
      return { store: postgresStore(pool), close: () => pool.end() }
    }
  }
}

/** Makes the table for sessions, as a deployment does before its processes start. */
export async function makeTable(connectionString: string): Promise<void> {
  const pool = new Pool({ connectionString, max: 1 })
  await postgresStore(pool).migrate()
  await pool.end()
}
