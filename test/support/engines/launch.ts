import type { TestContext } from 'vitest'
import { chromium } from './chromium.js'
import type { Engine, EngineKind, EngineName } from './engine.js'
import { firefox } from './firefox.js'
import { webkit } from './webkit.js'

const kinds: Readonly<Record<EngineName, EngineKind>> = { chromium, firefox, webkit }

/** The path of the program of an engine, if everything that it needs is installed on this machine. */
export function findEngine(name: EngineName): string | undefined {
  return kinds[name].find()
}

/** To be called before each test that needs an engine: where there is none the test is skipped, and in CI it fails. */
export function requireEngine(test: TestContext, name: EngineName): void {
  if (findEngine(name) !== undefined) return
  if (process.env.CI) throw new Error(howToInstall(name))
  test.skip(howToInstall(name))
}

/** Starts an engine on a new profile. */
export async function launchEngine(name: EngineName): Promise<Engine> {
  const path = findEngine(name)
  if (path === undefined) throw new Error(howToInstall(name))
  return kinds[name].launch(path)
}

function howToInstall(name: EngineName): string {
  return `${name} is missing; on Debian: apt-get install ${kinds[name].packages.join(' ')}`
}
