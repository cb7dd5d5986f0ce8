import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../support/postgres-server.js'
import { RedisServer } from '../support/redis-server.js'
import { makeTable, type Place } from './places.js'

/** The machine behind a place. */
export interface Backend {
  readonly place: Place
  /** What its operators do to it now and then; absent when there is nothing like it. */
  disturb?(): Promise<unknown>
  remove(): Promise<void>
}

/** Starts what sessions are kept in: a folder, or a server of our own. */
export async function startBackend(kind: Place['kind']): Promise<Backend> {
  switch (kind) {
    case 'file': {
      const folder = await mkdtemp(join(tmpdir(), 'evergrant-fleet-'))
      const place = { kind, address: join(folder, 'session.json') }
      return { place, remove: () => rm(folder, { recursive: true, force: true }) }
    }
    case 'redis': {
      const server = await RedisServer.start()
      return { place: { kind, address: server.url }, disturb: () => server.restart(), remove: () => server.remove() }
    }
    case 'postgres': {
      const server = await startPostgres()
      const place = { kind, address: server.url() }
      await makeTable(place.address)
      return { place, disturb: () => server.terminateBackends(), remove: () => server.remove() }
    }
  }
}
