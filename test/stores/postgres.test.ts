import { afterAll, beforeAll, describe, test } from 'vitest'
import { postgresStore } from '../../src/postgres.js'
import { testStore, type StoreBackend } from '../../src/testing.js'
import { startPostgres, type PostgresServer } from '../support/postgres-server.js'
import { alternating, pg, pooled, postgresJs, serializable, type Connected, type Library } from './postgres-clients.js'

let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.remove())

interface Place {
  readonly table: string
  readonly opened: Connected[]
}

let places = 0

function backendOf(library: Library): StoreBackend<Place> {
  const open = ({ table, opened }: Place): ReturnType<typeof postgresStore> => {
    const connected = library(server.url())
    opened.push(connected)
    return postgresStore(connected.client, { table, listener: connected.listener })
  }
  const column = async ({ table }: Place, key: string, name: string): Promise<string | undefined> => {
    const [row] = await server.query(`SELECT ${name} AS text FROM ${table} WHERE key = $1`, [key])
    return (row?.text as string | null | undefined) ?? undefined
  }
  return {
    async makePlace() {
      const place = { table: `place_${++places}`, opened: [] }
      await open(place).migrate()
      return place
    },
    open,
    async removePlace({ opened }) {
      await Promise.all(opened.map((connected) => connected.close()))
    },
    content: {
      async plant({ table }, key, kind) {
        const text = {
          corrupt: '{"format":1,"state":"live","sessionId":"sess',
          foreign: 'not yours',
          newer: '{"format":2,"state":"dancing"}',
        }[kind]
        await server.query(`UPDATE ${table} SET record = $2 WHERE key = $1`, [key, text])
      },
      raw: (place, key) => column(place, key, 'record'),
      setAside: (place, key) => column(place, key, 'set_aside'),
    },
    breakDown: async ({ table }) => void (await server.query(`DROP TABLE ${table}`)),
  }
}

describe('the PostgreSQL store with pg', () => testStore(test, backendOf(pg)))
describe('the PostgreSQL store with postgres', () => testStore(test, backendOf(postgresJs)))
describe('the PostgreSQL store with both at once', () => testStore(test, backendOf(alternating(pg, postgresJs))))
describe('the PostgreSQL store behind a pooler', () => testStore(test, backendOf(pooled)))
describe('the PostgreSQL store in a database with the strictest isolation', () =>
  testStore(test, backendOf(alternating(serializable(pg), serializable(postgresJs)))))
