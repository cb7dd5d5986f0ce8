import { readFile } from 'node:fs/promises'
import { createTokenManager, type TokenManager, type TokenStore } from 'evergrant'
import { createAuthorizationServer } from 'evergrant/testing'
import { Client, Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LiveRecord, SessionRecord } from '../../src/core/record.js'
import { postgresStore, type PostgresStore } from '../../src/postgres.js'
import { startPostgres, type PostgresServer } from '../support/postgres-server.js'
import { pg, postgresJs, type Connected } from './postgres-clients.js'

let server: PostgresServer
const opened: Connected[] = []

beforeAll(async () => {
  server = await startPostgres()
  opened.push(pg(server.url()), postgresJs(server.url()))
})
afterAll(async () => {
  await Promise.all(opened.map((connected) => connected.close()))
  await server.remove()
})

let table = ''
let tables = 0
beforeEach(() => {
  table = `table_${++tables}`
})

/** A store in the table of the test, with the one library or the other. */
function storeWith(library: 'pg' | 'postgres' = 'pg', options = {}): PostgresStore {
  return postgresStore((opened[library === 'pg' ? 0 : 1] as Connected).client, { table, ...options })
}

const live: LiveRecord = {
  format: 1,
  state: 'live',
  sessionId: 'session',
  generation: 1,
  at: 1_700_000_000_000,
  refreshToken: 'refresh',
  accessTokens: { '': { token: 'access', type: 'Bearer', obtainedAt: 1_700_000_000_000.5 } },
}
const sealed: SessionRecord = { ...live, state: 'sealed', keyId: 'key', iv: 'iv', data: 'data' }
const signedOut: SessionRecord = { format: 1, state: 'signed_out', sessionId: 'session', generation: 2, at: 1 }

/** The statement in the guide that begins so. */
async function documented(beginning: string): Promise<string> {
  const guide = await readFile(new URL('../../docs/stores.md', import.meta.url), 'utf8')
  const statements = [...guide.matchAll(/```sql\n([^`]*)```/g)].map(([, statement = '']) => statement)
  return statements.find((statement) => statement.startsWith(beginning)) ?? ''
}

async function won(swap: ReturnType<TokenStore['swap']>): Promise<unknown> {
  const result = await swap
  if (!result.won) throw new Error('the swap has lost')
  return result.revision
}

describe('migrate()', () => {
  test('makes the table once, however many ask for it at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const name = `${table}_${round}`
      const stores = opened.flatMap(({ client }) =>
        Array.from({ length: 4 }, () => postgresStore(client, { table: name })),
      )
      await Promise.all(stores.map((store) => store.migrate()))
      await won((stores[0] as PostgresStore).swap('key', undefined, live))
    }
  })

  test('makes the one that the guide shows', async () => {
    const shown = await documented('CREATE TABLE')
    await server.query(shown.replace('evergrant_sessions', `${table}_shown`))
    await storeWith().migrate()
    const columns = (name: string): ReturnType<PostgresServer['query']> =>
      server.query(
        `SELECT column_name, data_type, is_nullable, column_default, collation_name, indexdef LIKE '%(' || column_name || ')' AS is_key
          FROM information_schema.columns JOIN pg_indexes ON tablename = table_name WHERE table_name = $1 ORDER BY 1`,
        [name],
      )
    expect(await columns(table)).toHaveLength(5)
    expect(await columns(`${table}_shown`)).toEqual(await columns(table))
  })

  test('may be repeated, and leaves what is there', async () => {
    await storeWith().migrate()
    await won(storeWith().swap('key', undefined, live))
    for (const library of ['pg', 'postgres'] as const) await storeWith(library).migrate()
    expect((await storeWith().read('key'))?.record).toEqual(live)
  })

  test('is content with a table that somebody else has made, where it may make none', async () => {
    await storeWith().migrate()
    await server.query(`CREATE ROLE ${table}_role LOGIN`)
    await server.query(`GRANT SELECT, INSERT, UPDATE ON ${table} TO ${table}_role`)
    const limited = pg(server.url().replace('postgres@', `${table}_role@`))
    try {
      await postgresStore(limited.client, { table }).migrate()
      await won(postgresStore(limited.client, { table }).swap('key', undefined, live))
      const other = postgresStore(limited.client, { table: `${table}_b` })
      await expect(other.migrate()).rejects.toMatchObject({
        code: 'storage_failed',
        message: 'PostgreSQL failed: 42501',
      })
    } finally {
      await limited.close()
    }
  })

  test('takes a schema, keeps upper and lower case, and refuses what is no name', async () => {
    await server.query(`CREATE SCHEMA "S_${table}"`)
    const store = storeWith('pg', { table: `S_${table}.User` })
    await store.migrate()
    await won(store.swap('key', undefined, live))
    expect(await server.query(`SELECT key FROM "S_${table}"."User"`)).toEqual([{ key: 'key' }])
    for (const name of ['', 'a b', 'a"; DROP TABLE b', 'a.b.c', '1a', 'a'.repeat(64)])
      expect(() => storeWith('pg', { table: name })).toThrow(expect.objectContaining({ code: 'misconfigured' }))
  })
})

describe.each(['pg', 'postgres'] as const)('with %s', (library) => {
  test('a table that is missing is an error that says what to do', async () => {
    const missing = {
      code: 'storage_failed',
      message: expect.stringMatching(`no table ${table}: call migrate`) as string,
    }
    await expect(storeWith(library).read('key')).rejects.toMatchObject(missing)
    await expect(storeWith(library).swap('key', undefined, live)).rejects.toMatchObject(missing)
  })

  test('a key that is too long is refused', async () => {
    await storeWith(library).migrate()
    const refused = { code: 'misconfigured' }
    await won(storeWith(library).swap('k'.repeat(2500), undefined, live))
    await expect(storeWith(library).read('k'.repeat(2501))).rejects.toMatchObject(refused)
    await expect(storeWith(library).swap('é'.repeat(500), undefined, live)).rejects.toMatchObject(refused)
  })

  test('a row that was changed by hand is another one, also with the same stamp', async () => {
    const store = storeWith(library)
    await store.migrate()
    const revision = await won(store.swap('key', undefined, live))
    await server.query(`UPDATE ${table} SET record = $1`, [JSON.stringify(signedOut, null, 2)])
    expect(await store.swap('key', revision, live)).toMatchObject({ won: false, current: { record: signedOut } })
    await server.query(`DELETE FROM ${table}`)
    expect(await store.swap('key', revision, live)).toEqual({ won: false, current: undefined })
  })

  test.each(['replaces', 'creates'])(
    'a swap that waited for another one which %s loses to what that has left',
    async (act) => {
      const store = storeWith(library)
      await store.migrate()
      const expected = act === 'replaces' ? await won(store.swap('key', undefined, live)) : undefined
      const rival = new Client(server.url())
      await rival.connect()
      try {
        await rival.query('BEGIN')
        const write = expected ? 'UPDATE SET stamp = excluded.stamp, record = excluded.record' : 'NOTHING'
        await rival.query(
          `INSERT INTO ${table} (key, stamp, record) VALUES ('key', 'rival', $1) ON CONFLICT (key) DO ${write}`,
          [JSON.stringify(signedOut)],
        )
        const swap = store.swap('key', expected, { ...live, generation: 2 })
        const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`
        await vi.waitFor(async () => expect(await server.query(waiting)).toHaveLength(1), { timeout: 10_000 })
        await rival.query('COMMIT')
        expect(await swap).toEqual({ won: false, current: await store.read('key') })
        expect((await store.read('key'))?.record).toEqual(signedOut)
      } finally {
        await rival.end()
      }
    },
  )

  test('a database of another encoding keeps all characters', async () => {
    const database = `latin_${library}`
    await server.query(`CREATE DATABASE ${database} TEMPLATE template0 ENCODING 'LATIN1'`)
    const connected = (library === 'pg' ? pg : postgresJs)(server.url(database))
    try {
      const store = postgresStore(connected.client)
      await store.migrate()
      const record = { ...live, extra: { name: 'Zoë 鍵 🔑 \u0000' } }
      await won(store.swap('鍵', undefined, record))
      expect((await store.read('鍵'))?.record).toEqual(record)
    } finally {
      await connected.close()
    }
  })
})

describe('old rows', () => {
  test('go with the documented statement, which spares every live session', async () => {
    const store = storeWith()
    await store.migrate()
    await won(store.swap('signed out', undefined, signedOut))
    await won(store.swap('live', undefined, { ...live, extra: { state: 'signed_out' } }))
    await won(store.swap('sealed', undefined, sealed))
    await won(store.swap('deleted', await won(store.swap('deleted', undefined, live)), undefined))
    await server.query(`UPDATE ${table} SET updated_at = now() - interval '31 days'`)
    await won(store.swap('signed out lately', undefined, signedOut))
    await server.query((await documented('DELETE')).replace('evergrant_sessions', table))
    expect(await server.query(`SELECT key FROM ${table} ORDER BY key`)).toEqual([
      { key: 'live' },
      { key: 'sealed' },
      { key: 'signed out lately' },
    ])
  })
})

describe('a row of which a byte was changed or the end is missing', () => {
  const as = createAuthorizationServer()
  const fetch: typeof globalThis.fetch = (input, init) => as.handle(new Request(input, init))
  const start = (): TokenManager =>
    createTokenManager({ issuer: as.issuer, clientId: 'client', store: storeWith(), autoRenew: false, fetch })

  test(
    'is reported as damaged or taken for what it says, and signing in works again',
    { timeout: 60_000 },
    async () => {
      await storeWith().migrate()
      const first = start()
      await first.setTokens(await as.signIn())
      first.dispose()
      const [row] = await server.query(`SELECT key, record AS text FROM ${table}`)
      const { key, text } = row as { key: string; text: string }
      const administrator = new Pool({ connectionString: server.url(), max: 1 })
      const states = new Map<string, number>()
      for (const [index, damaged] of damages(text).entries()) {
        await administrator.query(`UPDATE ${table} SET record = $1`, [damaged])
        const state = (await storeWith().read(key))?.record.state ?? 'absent'
        states.set(state, (states.get(state) ?? 0) + 1)
        if (index % 20 === 0) await signInAnew()
      }
      await administrator.end()
      expect([...states.keys()].sort()).toEqual(['live', 'unreadable'])
      expect(states.get('unreadable')).toBeGreaterThan(text.length)
    },
  )

  /** Every byte changed in two ways, and every shorter length. */
  function damages(text: string): string[] {
    const changed = (index: number, mask: number): string =>
      text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ mask) + text.slice(index + 1)
    return Array.from(text, (_, index) => [changed(index, 1), changed(index, 64), text.slice(0, index)]).flat()
  }

  async function signInAnew(): Promise<void> {
    const [manager, other] = [start(), start()]
    const failure = await manager.getAccessToken().catch((error: unknown) => error)
    if (typeof failure !== 'string') expect(failure).toMatchObject({ code: 'login_required' })
    const tokens = await as.signIn()
    await manager.setTokens(tokens)
    expect(await other.getAccessToken()).toBe(tokens.access_token)
    manager.dispose()
    other.dispose()
  }
})
