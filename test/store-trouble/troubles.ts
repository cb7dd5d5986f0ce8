import { startFileTroubles } from './file-troubles.js'
import { startPostgresTroubles } from './postgres-troubles.js'
import { startRedisTroubles } from './redis-troubles.js'
import type { Place } from '../processes/places.js'

/** A way for a store to fail. */
export interface Trouble {
  readonly name: string
  /** Whether operations are left without an answer, so that it takes a holder five seconds to call it a failure. */
  readonly isSilent: boolean
  /** Resolves when no write gets through any more. */
  begin(): Promise<unknown>
  /** Resolves when the store is as it was. Does no harm to one that never failed. */
  heal(): Promise<unknown>
}

/** A store on a server or disk of our own, which fails when it is told to. */
export interface TroubledStore {
  readonly place: Place
  /** What it is made of, with versions. */
  readonly versions: Readonly<Record<string, string>>
  readonly troubles: readonly Trouble[]
  remove(): Promise<void>
}

/** Starts a store of a kind, with all the ways in which it can fail here. */
export function startTroubledStore(kind: Place['kind']): Promise<TroubledStore> {
  return { file: startFileTroubles, redis: startRedisTroubles, postgres: startPostgresTroubles }[kind]()
}
