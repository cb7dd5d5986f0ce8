import type { LiveRecord } from '../../src/core/record.js'
import type { TokenStore } from '../../src/core/store.js'
import { indexedDbStore } from '../../src/stores/indexed-db.js'
import { webStorageStore } from '../../src/stores/web-storage.js'
import { suites } from './stores-backends.js'

/** What a page of these tests offers to its tests, and to a page that it is a frame in. */
export interface StoresPage {
  readonly evergrant: {
    readonly indexedDbStore: typeof indexedDbStore
    readonly webStorageStore: typeof webStorageStore
  }
  /** Runs a case of the conformance suite; resolves to what went wrong, if anything did. */
  runCase(suite: string, name: string): Promise<string | undefined>
  /** Climbs from generation 0 to `top` together with other tabs; resolves to the generations that this tab wrote. */
  climb(store: TokenStore, top: number): Promise<number[]>
  live(generation: number): LiveRecord
}

async function runCase(suite: string, name: string): Promise<string | undefined> {
  const found = suites[suite]?.find((one) => one.name === name)
  if (!found) return 'there is no such case'
  return found.run().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error)),
  )
}

async function climb(store: TokenStore, top: number): Promise<number[]> {
  const written: number[] = []
  for (let current = await store.read('key'); ;) {
    const generation = current?.record.state === 'live' ? current.record.generation : 0
    if (generation >= top) return written
    const next = live(generation + 1)
    const result = await store.swap('key', current?.revision, next)
    if (result.won) written.push(next.generation)
    current = result.won ? { revision: result.revision, record: next } : result.current
  }
}

function live(generation: number): LiveRecord {
  return { format: 1, state: 'live', sessionId: 'session', generation, at: 1, accessTokens: {} }
}

const page: StoresPage = { evergrant: { indexedDbStore, webStorageStore }, runCase, climb, live }
Object.assign(window, page)
