import { Pool } from 'pg'
import postgres from 'postgres'
import type { PgClient, PostgresClient, PostgresListener } from '../../src/postgres.js'

/** A client as an application makes it, with a way to listen. */
export interface Connected {
  readonly client: PostgresClient
  readonly listener: PostgresListener
  close(): Promise<void>
}

/** Connects to the database at `url`. */
export type Library = (url: string) => Connected

export const pg: Library = (url) => {
  const pool = new Pool({ connectionString: url, max: 4 })
  // Otherwise a connection that breaks while nobody uses it ends the process.
  pool.on('error', () => undefined)
  return { client: pool, listener: () => pool.connect(), close: () => pool.end() }
}

/** Told to rename all columns, as applications do. */
export const postgresJs: Library = (url) => {
  const sql = postgres(url, { max: 4, onnotice: () => undefined, transform: postgres.toPascal })
  return { client: sql, listener: sql, close: () => sql.end({ timeout: 1 }) }
}

/** Runs each statement on another connection than the one before, as behind a pooler. */
export const pooled: Library = (url) => {
  const pools = Array.from({ length: 4 }, () => new Pool({ connectionString: url, max: 1 }))
  let turn = 0
  const next = (): Pool => pools[turn++ % pools.length] as Pool
  const client: PgClient = { query: (text, values) => next().query(text, values) }
  const direct = pg(url)
  return {
    client,
    listener: direct.listener,
    async close() {
      await Promise.all([...pools.map((pool) => pool.end()), direct.close()])
    },
  }
}

/** The libraries by turns. */
export function alternating(...libraries: Library[]): Library {
  let turn = 0
  return (url) => (libraries[turn++ % libraries.length] as Library)(url)
}

/** As in a database whose transactions are serializable unless they ask for less. */
export function serializable(library: Library): Library {
  return (url) => library(`${url}?options=${encodeURIComponent('-c default_transaction_isolation=serializable')}`)
}
