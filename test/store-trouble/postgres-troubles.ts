import path from 'node:path'
import { readManifest, repository } from '../package/installed-package.js'
import { makeTable } from '../processes/places.js'
import { startPostgres, type PostgresServer } from '../support/postgres-server.js'
import type { Trouble, TroubledStore } from './troubles.js'

const database = 'sessions'

/** A PostgreSQL that is stopped, refuses writes or connections, or stands still. */
export async function startPostgresTroubles(): Promise<TroubledStore> {
  const server = await startPostgres()
  await server.query(`CREATE DATABASE ${database}`)
  await makeTable(server.url(database))
  const [row] = await server.query('SHOW server_version')
  const client = await readManifest(path.join(repository, 'node_modules/pg'))
  const heal = (): Promise<void> => server.start()
  return {
    place: { kind: 'postgres', address: server.url(database) },
    versions: { postgres: String(row?.server_version), pg: client.version },
    troubles: [
      { name: 'stopped', isSilent: false, begin: () => server.stop(), heal },
      setting(server, 'read-only database', 'SET default_transaction_read_only = true', 'RESET ALL'),
      setting(server, 'connections ended and refused', 'ALLOW_CONNECTIONS false', 'ALLOW_CONNECTIONS true'),
      { name: 'crashed', isSilent: false, begin: () => server.stop('immediate'), heal },
      frozen(server),
    ],
    remove: () => server.remove(),
  }
}

/** What the database is told holds for new connections, so that the others are ended. */
function setting(server: PostgresServer, name: string, bad: string, good: string): Trouble {
  const alter = (how: string): Promise<unknown> => server.query(`ALTER DATABASE ${database} ${how}`)
  return {
    name,
    isSilent: false,
    begin: async () => {
      await alter(bad)
      await server.terminateBackends()
    },
    heal: async () => {
      await alter(good)
      // Those made meanwhile are still as they were told to be.
      await server.terminateBackends()
    },
  }
}

/** All its processes that talk to clients are stopped, as when the machine stands still. */
function frozen(server: PostgresServer): Trouble {
  let stopped: number[] = []
  return {
    name: 'standing still',
    isSilent: true,
    begin: async () => {
      const [main] = await server.query(`SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid`)
      const backends = await server.query(
        `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      )
      stopped = [main, ...backends].map((row) => Number(row?.pid)).filter((pid) => pid > 1)
      stopped.forEach((pid) => process.kill(pid, 'SIGSTOP'))
    },
    heal: () => {
      stopped.splice(0).forEach((pid) => process.kill(pid, 'SIGCONT'))
      return Promise.resolve()
    },
  }
}
