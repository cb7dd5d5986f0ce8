import { describe, expect, inject, it } from 'vitest'
import { bundle } from './bundle.js'
import { pageEntryNames } from './entries.js'

const installed = inject('installedPackage')

/** What only Node has, and what the content security policy of a page forbids. */
const neverInAPage = [
  /\bnode:/,
  /\bprocess\./,
  /\bBuffer\b/,
  /\brequire\(/,
  // A client of Redis has a method of this name.
  /(?<![.\w])eval\(/,
  /\bnew Function\b/,
  /import\.meta/,
]

/** What an entry must not bring along, by what gives it away. */
const foreign: Readonly<Record<string, readonly RegExp[]>> = {
  evergrant: [/indexedDB/, /localStorage/, /navigator\.locks/, /BroadcastChannel/, /\bdocument\./, /\bwindow\b/],
  'evergrant/browser': [/\bBasic /, /clientSecret/, /\.well-known\/jwks/, /\/token`/],
  'evergrant/testing': [/indexedDB/, /localStorage/, /navigator\.locks/],
}

describe.each(pageEntryNames)('%s, bundled for a page', (name) => {
  it('holds nothing that a page does not have or allow', async () => {
    const { code } = await bundle(installed, `export * from '${name}'`, { platform: 'browser' })
    expect(code.length).toBeGreaterThan(1000)
    const found = [...neverInAPage, ...(foreign[name] ?? [])].filter((pattern) => pattern.test(code))
    expect(found).toEqual([])
  })

  it('is left out when it is imported for nothing', async () => {
    const { code, modules } = await bundle(installed, `import '${name}'`, { platform: 'browser' })
    expect(code.trim()).toBe('')
    expect(modules).toEqual([])
  })
})

it('bundles evergrant/node for Node, and not for a page', async () => {
  const program = `export { fileStore } from 'evergrant/node'`
  await expect(bundle(installed, program, { platform: 'node' })).resolves.toBeDefined()
  await expect(bundle(installed, program, { platform: 'browser' })).rejects.toThrow(/node:/)
})

it('offers no client authentication to a page', async () => {
  const { modules } = await bundle(installed, `export * from 'evergrant/browser'`, { platform: 'browser' })
  expect(modules).not.toContain('evergrant/dist/oauth/client-authentication.js')
})

it('takes the memory store alone when nothing else is imported', async () => {
  const program = `export { memoryStore } from 'evergrant/browser'`
  const { modules } = await bundle(installed, program, { platform: 'browser' })
  expect(modules).toContain('evergrant/dist/stores/memory.js')
  const others = modules.filter((name) => !/^evergrant\/dist\/(?:core|stores\/memory\.js)/.test(name))
  expect(others).toEqual([])
})

/** What a page with a manager may add to it, each from modules of its own. */
const additions = [
  ...['signInWithRedirect', 'handleRedirectCallback', 'signOutWithRedirect', 'introspect', 'revoke', 'dpop'],
  ...['encryptedStore', 'memoryStore', 'webStorageStore'],
]

it.each(additions)('takes %s along for those alone who import it', async (name) => {
  const modulesOf = async (...names: string[]): Promise<string[]> => {
    const program = `export { ${names.join(', ')} } from 'evergrant/browser'`
    return [...(await bundle(installed, program, { platform: 'browser' })).modules]
  }
  const alone = await modulesOf('createTokenManager')
  const together = await modulesOf('createTokenManager', name)
  expect(together.filter((module) => !alone.includes(module))).not.toEqual([])
})

it('has no addition to a page that this file does not know', async () => {
  const { modules } = await bundle(installed, `export * from 'evergrant/browser'`, { platform: 'browser' })
  const known = `export { createTokenManager, ${additions.join(', ')}, decodeRecord } from 'evergrant/browser'`
  expect((await bundle(installed, known, { platform: 'browser' })).modules).toEqual(modules)
})

it('takes no store along that a page has replaced', async () => {
  const program = `export { webStorageStore } from 'evergrant/browser'`
  const { code, modules } = await bundle(installed, program, { platform: 'browser' })
  expect(code).not.toMatch(/indexedDB/)
  expect(modules.filter((name) => /oauth4webapi|idb-keyval|\/oauth\//.test(name))).toEqual([])
})
