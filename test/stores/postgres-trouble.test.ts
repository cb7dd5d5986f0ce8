import { createTokenManager, type TokenManager, type TokenManagerOptions } from 'evergrant'
import { createAuthorizationServer, type AuthorizationServer } from 'evergrant/testing'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { postgresStore, type PostgresStore, type PostgresStoreOptions } from '../../src/postgres.js'
import { canaryTokens, hasCanary } from '../leaks/canary.js'
import { everythingIn } from '../support/everything.js'
import { startPostgres, type PostgresServer } from '../support/postgres-server.js'
import { pg, postgresJs, type Connected } from './postgres-clients.js'

const key = 'evergrant https://as.example client default'
const poll = { timeout: 15_000, interval: 20 }
const libraries = { pg, postgres: postgresJs }

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres({ log_statement: 'all', log_parameter_max_length: '0' })
})
afterAll(() => server.remove())

let as: AuthorizationServer
let table = ''
let tables = 0
const opened: { close(): Promise<void> | void }[] = []
beforeEach(() => {
  as = createAuthorizationServer()
  table = `table_${++tables}`
})
afterEach(async () => {
  await server.start()
  while (opened.length > 0) await opened.pop()?.close()
})

describe.each(['pg', 'postgres'] as const)('with %s', (library) => {
  const connect = (url = server.url()): Connected => {
    const connected = libraries[library](url)
    opened.push(connected)
    return connected
  }

  const openStore = async (options: PostgresStoreOptions = {}): Promise<PostgresStore> => {
    const store = postgresStore(connect().client, { table, ...options })
    await store.migrate()
    return store
  }

  test('a swap whose connection is ended while it waits fails and changes nothing', async () => {
    const store = await openStore()
    const manager = start({ store })
    await signIn(manager)
    const before = await store.read(key)
    const blocker = new Client(server.url())
    blocker.on('error', () => undefined)
    await blocker.connect()
    await blocker.query(`BEGIN; SELECT FROM ${table} FOR UPDATE`)
    const swap = store.swap(key, before?.revision, undefined).catch((error: unknown) => error)
    const waiting = `FROM pg_stat_activity WHERE wait_event_type = 'Lock'`
    await vi.waitFor(async () => expect(await server.query(`SELECT ${waiting}`)).toHaveLength(1), poll)
    await server.query(`SELECT pg_terminate_backend(pid) ${waiting}`)
    const message = expect.stringMatching(/^PostgreSQL failed: (57P01|CONNECTION_CLOSED)$/) as string
    expect(await swap).toMatchObject({ code: 'storage_failed', message })
    await blocker.end()
    expect(await store.read(key)).toEqual(before)
    await manager.renew()
    expect(manager.getSnapshot()).toMatchObject({ status: 'active', generation: 1 })
  })

  test('a server that stops during a renewal costs nothing: the session is in memory until it is back', async () => {
    const store = await openStore()
    const manager = start({
      store,
      fetch: async (input, init) => {
        const answer = await as.handle(new Request(input, init))
        if (as.redemptions.length > 0) await server.stop()
        return answer
      },
    })
    const codes: string[] = []
    manager.on('error', ({ error }) => codes.push(error.code))
    await signIn(manager)
    const { accessToken } = await manager.renew()
    expect(manager.diagnose().store.isBehind).toBe(true)
    expect(codes).toEqual(['storage_failed'])
    expect(await manager.getAccessToken()).toBe(accessToken)
    await server.start()
    await vi.waitFor(() => expect(manager.diagnose().store.isBehind).toBe(false), poll)
    expect(await start({ store }).getAccessToken()).toBe(accessToken)
  })

  test('while the server is down nothing is spent, and a renewal goes on once it is back', async () => {
    const store = await openStore()
    const manager = start({ store })
    await signIn(manager)
    await server.stop('immediate')
    const renewal = manager.renew()
    for (let look = 0; look < 5; look++) await expect(store.read(key)).rejects.toMatchObject({ code: 'storage_failed' })
    expect(as.tokenRequests).toBe(0)
    await server.start()
    await renewal
    expect(as.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
  })

  test('a database that may only be read is read, and written once it may be', async () => {
    const database = `read_only_${library}`
    await server.query(`CREATE DATABASE ${database}`)
    const store = postgresStore(connect(server.url(database)).client)
    await store.migrate()
    const manager = start({ store })
    await signIn(manager)
    const before = await store.read(key)
    const allow = async (isReadOnly: boolean): Promise<void> => {
      await server.query(`ALTER DATABASE ${database} SET default_transaction_read_only = ${isReadOnly}`)
      await server.terminateBackends()
    }
    await allow(true)
    await vi.waitFor(async () => expect(await store.read(key)).toEqual(before), poll)
    await store.migrate()
    const refused = { code: 'storage_failed', message: 'PostgreSQL failed: 25006' }
    await expect(store.swap(key, before?.revision, undefined)).rejects.toMatchObject(refused)
    const tokens = await as.signIn()
    await manager.setTokens(tokens)
    expect(manager.diagnose().store.isBehind).toBe(true)
    await allow(false)
    await vi.waitFor(() => expect(manager.diagnose().store.isBehind).toBe(false), poll)
    expect(await start({ store }).getAccessToken()).toBe(tokens.access_token)
  })

  test('an error holds nothing of what was to be written', async () => {
    const store = await openStore()
    await server.query(`ALTER TABLE ${table} ADD CONSTRAINT never CHECK (record = '')`)
    const problems: unknown[] = []
    const manager = start({ store })
    manager.on('error', (event) => problems.push(event))
    await manager.setTokens(canaryTokens(1))
    expect(problems).toMatchObject([{ error: { code: 'storage_failed', message: 'PostgreSQL failed: 23514' } }])
    expect(problems.map(everythingIn).filter(hasCanary)).toEqual([])
  })

  test('what is said to the server holds no token, and nothing that lasts longer than a statement', async () => {
    const beginning = (await server.log()).length
    const manager = start({ store: await openStore() })
    await manager.setTokens(canaryTokens(1))
    await manager.signOut()
    const log = async (): Promise<string> => (await server.log()).slice(beginning)
    await server.query(`SELECT 'the end of ${table}'`)
    await vi.waitFor(async () => expect(await log()).toContain(`the end of ${table}`), poll)
    const said = (await log()).split(/^(?=\d{4}-)/m).filter((entry) => entry.includes(`"${table}"`))
    expect(said.filter((entry) => entry.includes('execute')).length).toBeGreaterThanOrEqual(3)
    const lasting = /execute (?!<unnamed>)|: +(SET|LISTEN|PREPARE|BEGIN)\b|TEMP|advisory/
    expect(said.filter((entry) => lasting.test(entry))).toEqual([])
    expect(hasCanary(await log())).toBe(false)
  })

  test('a renewal takes two statements', async () => {
    const { client } = connect()
    await postgresStore(client, { table }).migrate()
    let statements = 0
    const counted = new Proxy(client, {
      get(target, name) {
        if (name !== 'query' && name !== 'unsafe') return Reflect.get(target, name) as unknown
        statements++
        return (Reflect.get(target, name) as () => unknown).bind(target)
      },
    })
    const manager = start({ store: postgresStore(counted, { table }) })
    await signIn(manager)
    const before = statements
    await manager.renew()
    expect(statements - before).toBe(2)
  })

  test('one connection listens for all keys, and after it broke another one, which tells everybody to look', async () => {
    const { client, listener } = connect()
    const store = postgresStore(client, { table, listener })
    await store.migrate()
    const other = postgresStore(connect().client, { table, listener })
    const told = { one: 0, two: 0, three: 0 }
    const names = Object.keys(told) as (keyof typeof told)[]
    const ends = names.map((name) => store.watch?.(name, () => told[name]++))
    await vi.waitFor(() => expect(Math.min(...Object.values(told))).toBe(1), poll)
    const listening = `SELECT pid FROM pg_stat_activity WHERE query ILIKE 'listen%'`
    expect(await server.query(listening)).toHaveLength(1)
    await other.swap('two', undefined, { format: 1, state: 'signed_out', sessionId: 's', generation: 1, at: 1 })
    await vi.waitFor(() => expect(told).toEqual({ one: 1, two: 2, three: 1 }), poll)
    await server.query(`SELECT pg_terminate_backend(pid) FROM (${listening}) AS listener`)
    await vi.waitFor(() => expect(told).toEqual({ one: 2, two: 3, three: 2 }), poll)
    await server.stop('immediate')
    await server.start()
    await vi.waitFor(() => expect(told).toEqual({ one: 3, two: 4, three: 3 }), poll)
    for (const end of ends) end?.()
    if (library === 'pg') await vi.waitFor(async () => expect(await server.query(listening)).toEqual([]), poll)
  })

  test('a sign-out is heard of by another process that listens', async () => {
    const [one, other] = [connect(), connect()].map(({ client, listener }) =>
      postgresStore(client, { table, listener }),
    )
    await one?.migrate()
    const [here, there] = [start({ store: one }), start({ store: other })]
    await signIn(here)
    await vi.waitFor(() => expect(there.getSnapshot().status).toBe('active'), poll)
    await here.signOut()
    await vi.waitFor(() => expect(there.getSnapshot().status).toBe('signed_out'), poll)
  })
})

/** Signs in, long enough ago for the tokens not to count as new. */
async function signIn(manager: TokenManager): Promise<void> {
  await manager.setTokens(await as.signIn(), { receivedAt: Date.now() - 60_000 })
}

/** A manager that renews only when it is asked to. */
function start(options: Partial<TokenManagerOptions>): TokenManager {
  const fetch: typeof globalThis.fetch = (input, init) => as.handle(new Request(input, init))
  const manager = createTokenManager({ issuer: as.issuer, clientId: 'client', autoRenew: false, fetch, ...options })
  opened.push({ close: () => manager.dispose() })
  return manager
}
