import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, inject, it } from 'vitest'
import { entryNames } from './entries.js'

const run = promisify(execFile)

const installed = inject('installedPackage')

/** Runs a program beside the installed package. Only the program itself can keep Node alive, so it must end by itself. */
async function program(text: string, ...flags: string[]): Promise<unknown> {
  const { stdout, stderr } = await run(process.execPath, [...flags, '-e', text], {
    cwd: installed.project,
    timeout: 10_000,
    env: { PATH: process.env.PATH },
  })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

/**
 * Imports an entry while everything with an effect throws, and compares what the global objects hold before and after.
 * Prints what has changed, and what was left running.
 */
const watchedImport = (name: string): string => `
  const effects = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch', 'structuredClone']
  const shared = [globalThis, Object, Array, Promise, Function, Map, Set, Error, Response, Request, URL]
  const holders = shared.flatMap((value) => value.prototype ? [value, value.prototype] : [value])
  const look = () => holders.map((holder) => new Map(Reflect.ownKeys(holder).map((key) => {
    const { value, get, set } = Object.getOwnPropertyDescriptor(holder, key)
    return [key, [value, get, set]]
  })))
  const sound = effects.map((name) => [name, globalThis[name]])
  for (const [name] of sound) {
    globalThis[name] = () => { throw new Error(name + ' was called by the import') }
  }
  const listeners = process.eventNames().length
  const before = look()
  const exported = Object.keys(await import('${name}'))
  const after = look()
  for (const [name, value] of sound) globalThis[name] = value
  await new Promise(setImmediate)
  const changed = before.flatMap((members, index) => {
    const keys = new Set([...members.keys(), ...after[index].keys()])
    return [...keys].filter((key) => {
      const [old = [], now = []] = [members.get(key), after[index].get(key)]
      return [0, 1, 2].some((part) => !Object.is(old[part], now[part]))
    }).map(String)
  })
  const running = process.getActiveResourcesInfo().filter((name) => !/TTY|Pipe/.test(name))
  console.log(JSON.stringify({ exported, changed, running, listeners: process.eventNames().length - listeners }))
`

describe.each(entryNames)('%s', (name) => {
  it('is imported by plain Node without any effect', async () => {
    const seen = await program(watchedImport(name), '--input-type=module')
    expect(seen).toMatchObject({ changed: [], running: [], listeners: 0 })
    expect((seen as { exported: string[] }).exported.length).toBeGreaterThan(0)
  })

  it('is required by a CommonJS program of Node 20.19 or later', async () => {
    const exported = await program(`console.log(JSON.stringify(Object.keys(require('${name}'))))`, '--no-warnings')
    expect(exported).not.toEqual([])
  })
})

it('gives all entries the same error class', async () => {
  const names = JSON.stringify(entryNames)
  const classes = await program(
    `const modules = await Promise.all(${names}.map((name) => import(name)))
     const found = modules.map((module) => module.EvergrantError).filter((value) => value !== undefined)
     console.log(JSON.stringify([found.length > 1, new Set(found).size]))`,
    '--input-type=module',
  )
  expect(classes).toEqual([true, 1])
})

it('keeps a session alive where it is installed', async () => {
  const seen = await program(
    `import { createTokenManager } from 'evergrant'
     import { createAuthorizationServer } from 'evergrant/testing'
     const server = createAuthorizationServer({ rotation: 'strict' })
     const tokens = createTokenManager({
       issuer: server.issuer,
       clientId: 'client',
       fetch: (url, init) => server.handle(new Request(url, init)),
     })
     await tokens.setTokens({ refresh_token: (await server.signIn()).refresh_token })
     const token = await tokens.getAccessToken()
     console.log(JSON.stringify([server.inspect(token)?.isUsable, server.tokenRequests]))
     tokens.dispose()`,
    '--input-type=module',
  )
  expect(seen).toEqual([true, 1])
})
