import { indexedDbStore } from '../../src/stores/indexed-db.js'
import { webStorageStore } from '../../src/stores/web-storage.js'
import { suites } from './stores-backends.js'

/** Runs a case in this page; resolves to what went wrong, if anything did. */
async function runCase(suite: string, name: string): Promise<string | undefined> {
  const found = suites[suite]?.find((one) => one.name === name)
  if (!found) return 'there is no such case'
  return found.run().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error)),
  )
}

Object.assign(window, { evergrant: { indexedDbStore, webStorageStore }, runCase })
