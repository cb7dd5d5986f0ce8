import { afterAll, beforeAll, beforeEach } from 'vitest'
import { launchChromium, type Chromium, type ChromiumOptions } from './chromium.js'
import type { Engine, EngineName } from './engine.js'
import { findEngine, launchEngine, requireEngine } from './launch.js'

/** Runs an engine for the tests around it. Where it is missing they are skipped, and in CI they fail. */
export function useEngine(name: EngineName): () => Engine {
  return use(name, () => launchEngine(name))
}

/** The same for tests that need what Chromium alone offers. */
export function useChromium(options?: ChromiumOptions): () => Chromium {
  return use('chromium', (path) => launchChromium(path, options))
}

function use<E extends Engine>(name: EngineName, launch: (path: string) => Promise<E>): () => E {
  let engine: E | undefined
  beforeAll(async () => {
    const path = findEngine(name)
    if (path !== undefined) engine = await launch(path)
  })
  afterAll(() => engine?.close())
  beforeEach((test) => requireEngine(test, name))
  return () => engine as E
}
