import { EvergrantError } from '../core/errors.js'

/** What is used of a `Pool` or `Client` of `pg`. */
export interface PgClient {
  query(text: string, values?: (string | null)[]): Promise<{ readonly rows: readonly object[] }>
}

/** What is used of the `sql` of `postgres`. */
export interface PostgresJsClient {
  unsafe(text: string, values?: (string | null)[], options?: { prepare?: boolean }): PromiseLike<readonly object[]>
}

/** A client that the application has made. */
export type PostgresClient = PgClient | PostgresJsClient

/** A revision, and the text that has it; without one, the revision is what a swap has just made. */
export type Row = readonly [revision: string, text: string | null]

/** Runs a statement and resolves to its rows. */
export type Run = (text: string, ...values: (string | null)[]) => Promise<readonly Row[]>

/** Runs statements on a client of either library. Columns are taken by their order: `postgres` can be told to rename them. */
export function runOn(client: PostgresClient): Run {
  const rowsOf = (rows: readonly object[]): readonly Row[] => rows.map((row) => Object.values(row) as unknown as Row)
  return 'unsafe' in client
    ? async (text, ...values) => rowsOf(await client.unsafe(text, values, { prepare: false }))
    : async (text, ...values) => rowsOf((await client.query(text, values)).rows)
}

/** The code of an error: five characters of the server's, or a word of the client's or of the system's. */
export function codeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}

/** The channel of all stores; the payload is the name of a key, which names the server and the client only. */
export const channel = 'evergrant_sessions'

/** All that is ever said to the server. */
export interface Statements {
  readonly table: string
  readonly read: string
  /** Writes under a name that has nothing. Bound to the name, the new stamp and the text. */
  readonly create: string
  /** Writes over what is expected, which is bound besides. Content that is expected to be corrupt is set aside. */
  readonly replace: string
  readonly isMigrated: string
  readonly migrate: string
}

/**
 * The statements for a table. The revision of a row is the stamp that its writer made, together with the transaction that
 * wrote it: so a change made by hand is one too, and no state is ever taken for an earlier one.
 */
export function statementsFor(name: string, isNotifying: boolean): Statements {
  const table = quote(name)
  const revision = `stamp || ' ' || xmin`
  const present = `SELECT ${revision} AS revision, record FROM ${table} WHERE key = $1 AND record IS NOT NULL`
  // One statement sees one state of the table, but a write waits for those under way and judges what they leave.
  const swap = (write: string): string => `
WITH written AS (
  ${write}
  RETURNING ${revision} AS revision${isNotifying ? `, pg_notify('${channel}', $1)` : ''}
)
SELECT revision, NULL AS record FROM written
UNION ALL
${present} AND NOT EXISTS (SELECT FROM written)`
  return {
    table,
    read: present,
    create: swap(`INSERT INTO ${table} AS stored (key, stamp, record) VALUES ($1, $2, $3)
  ON CONFLICT (key) DO UPDATE SET stamp = excluded.stamp, record = excluded.record, updated_at = now()
  WHERE stored.record IS NULL`),
    replace: swap(`UPDATE ${table} SET stamp = $2, record = $3, updated_at = now(),
  set_aside = CASE WHEN starts_with($4, 'corrupt ') THEN record ELSE set_aside END
  WHERE key = $1 AND record IS NOT NULL AND $4 IN (${revision}, 'corrupt ' || ${revision})`),
    isMigrated: 'SELECT to_regclass($1)::text',
    migrate: `CREATE TABLE IF NOT EXISTS ${table} (
  key text COLLATE "C" PRIMARY KEY,
  stamp text NOT NULL,
  record text,
  set_aside text,
  updated_at timestamptz NOT NULL DEFAULT now()
)`,
  }
}

/** A name, or two with a dot between them, as they stand in a statement. */
function quote(name: string): string {
  if (/^([A-Za-z_]\w{0,62}\.)?[A-Za-z_]\w{0,62}$/.test(name)) return name.replace(/\w+/g, '"$&"')
  throw new EvergrantError('misconfigured', 'table must be a name of ASCII letters, digits and _, or schema.name')
}
