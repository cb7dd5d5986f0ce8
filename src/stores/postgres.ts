import { decodeRecord, encodeRecord } from '../core/codec.js'
import { systemEnvironment } from '../core/environment.js'
import { EvergrantError, isEvergrantError } from '../core/errors.js'
import type { SwapResult, TokenStore, Versioned } from '../core/store.js'
import { notices, type PostgresListener } from './postgres-notices.js'
import { codeOf, runOn, statementsFor, type PostgresClient, type Row } from './postgres-statements.js'

/** How {@link postgresStore} differs from its defaults. */
export interface PostgresStoreOptions {
  /**
   * The table, `evergrant_sessions` by default, with its schema if need be: `auth.sessions`. Upper and lower case are kept,
   * as between quotes.
   */
  readonly table?: string | undefined
  /**
   * Where to LISTEN to what other processes write, and to NOTIFY them too; without it they notice each other when an
   * access token is due. It has to be a connection to the server itself: `() => pool.connect()` of `pg`, which is asked
   * for another one when that breaks, or the `sql` of `postgres`.
   */
  readonly listener?: PostgresListener | undefined
}

/** A {@link TokenStore} that can make its table. */
export interface PostgresStore extends TokenStore {
  /** Makes the table unless it is there. Any number of processes may do so whenever they start. */
  migrate(): Promise<void>
}

/** A btree takes no keys beyond some 2700 bytes. */
const longestName = 2500

/**
 * Keeps sessions in one table of PostgreSQL, shared by all processes that reach the server. A swap is one statement, and
 * nothing belongs to a connection, so that a pooler such as PgBouncer may hand out another one for each statement.
 * Tokens are bound as parameters and are never part of a statement.
 *
 * @param client the `Pool` of `pg`, or the `sql` of `postgres`
 * @throws EvergrantError `misconfigured` when `table` is no name
 */
export function postgresStore(client: PostgresClient, options: PostgresStoreOptions = {}): PostgresStore {
  const { table = 'evergrant_sessions', listener } = options
  const run = runOn(client)
  const sql = statementsFor(table, listener !== undefined)

  const find = async (name: string): Promise<Versioned | undefined> => versioned((await run(sql.read, name))[0])
  const isMigrated = async (): Promise<boolean> => (await run(sql.isMigrated, sql.table))[0]?.[0] !== null
  const migrate = async (): Promise<void> => {
    if (await isMigrated()) return
    await run(sql.migrate).catch(async (error: unknown) => {
      // Of those that make it at the same time, all but one fail.
      if (!(await isMigrated())) throw error
    })
  }
  /** What the one statement of a swap has written or, if nothing, found. */
  const write = async (name: string, expected: unknown, text: string | null): Promise<Row | undefined> => {
    const stamp = systemEnvironment.uniqueId()
    const writing =
      expected === undefined
        ? run(sql.create, name, stamp, text)
        : run(sql.replace, name, stamp, text, String(expected))
    return (await writing.catch(unlessOvertaken))[0]
  }
  const swap = async (name: string, expected: unknown, text: string | undefined): Promise<SwapResult> => {
    const isNothing = expected === undefined && text === undefined
    const row = isNothing ? undefined : await write(name, expected, text ?? null)
    if (row?.[1] === null) return { won: true, revision: text && row[0] }
    const seen = versioned(row)
    // Who had to wait for the winner has seen what was there before.
    const current = seen && seen.revision !== expected ? seen : await find(name)
    return isNothing && !current ? { won: true, revision: undefined } : { won: false, current }
  }

  const store: PostgresStore = {
    durability: 'strict',
    read: async (key) => find(nameOf(key)).catch((error: unknown) => fail(error, table)),
    swap: async (key, expected, next) =>
      swap(nameOf(key), expected, next && inAscii(encodeRecord(next))).catch((error: unknown) => fail(error, table)),
    migrate: () => migrate().catch((error: unknown) => fail(error, table)),
  }
  if (!listener) return store
  const { watch } = notices(listener)
  return { ...store, watch: (key, onChange) => watch(nameOf(key), onChange) }
}

/** Content that is unusable says so in its revision: `corrupt` tells a swap to set it aside, and no swap expects the other. */
function versioned(row: Row | undefined): Versioned | undefined {
  if (!row) return undefined
  const [revision, text] = row
  const record = decodeRecord(text ?? '')
  return { revision: record.state === 'unreadable' ? `${record.problem} ${revision}` : revision, record }
}

/**
 * The name of a key in the table: the key itself, if it is plain. Text of PostgreSQL holds no NUL and only what the
 * encoding of the database has.
 */
function nameOf(key: string): string {
  const name = inAscii(JSON.stringify(key)).slice(1, -1)
  if (name.length <= longestName) return name
  throw new EvergrantError('misconfigured', `postgresStore() takes keys of up to ${longestName} characters`)
}

/** The same JSON in ASCII. */
function inAscii(json: string): string {
  return json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** With a stricter isolation than the default, the server fails a statement instead of letting it see the winner's row. */
function unlessOvertaken(error: unknown): readonly Row[] {
  if (codeOf(error) === '40001') return []
  throw error
}

/** Errors of a client quote what was bound, so only their code goes any further. */
function fail(error: unknown, table: string): never {
  if (isEvergrantError(error)) throw error
  const code = codeOf(error)
  if (code === '42P01') throw new EvergrantError('storage_failed', `there is no table ${table}: call migrate()`)
  throw new EvergrantError('storage_failed', `PostgreSQL failed: ${code ?? 'no answer'}`)
}
