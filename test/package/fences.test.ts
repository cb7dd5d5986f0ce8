import { ESLint } from 'eslint'
import { describe, expect, it } from 'vitest'
import { repository } from './installed-package.js'

/** The rules that need types are not about fences, and the files named here need not exist. */
const eslint = new ESLint({
  cwd: repository,
  overrideConfig: {
    languageOptions: { parserOptions: { projectService: false } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-misused-promises': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'off',
      '@typescript-eslint/no-unused-vars': 'off',
    },
  },
})

/** The rules that a text breaks as the content of a file. */
async function broken(file: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(text, { filePath: `${repository}${file}` })
  return [...new Set(result?.messages.map(({ ruleId }) => ruleId ?? 'cannot be parsed'))]
}

const imports = '@typescript-eslint/no-restricted-imports'
const importing = (name: string): string => `import { it } from '${name}'\nexport const that = it\n`
const importingTypes = (name: string): string => `import type { It } from '${name}'\nexport type That = It\n`

describe('forbidden imports', () => {
  it.each([
    ['core', 'oauth4webapi'],
    ['core', 'idb-keyval'],
    ['core', 'node:crypto'],
    ['core', 'fs'],
    ['core', '../oauth/discovery.js'],
    ['core', '../stores/memory.js'],
    ['core', '../locks/web-locks.js'],
    ['core', '../signals/wake.js'],
    ['core', '../flows/redirect.js'],
    ['core', '../testing/faults.js'],
    ['core', '../index.js'],
    ['core', '../../package.json'],
    ['oauth', 'idb-keyval'],
    ['oauth', 'node:crypto'],
    ['oauth', '../stores/memory.js'],
    ['oauth', '../locks/web-locks.js'],
    ['oauth', '../flows/redirect.js'],
    ['oauth', '../core/manager.js'],
    ['oauth', '../core/client.js'],
    ['flows', 'oauth4webapi'],
    ['flows', 'node:http'],
    ['flows', '../stores/memory.js'],
    ['stores/memory', 'node:fs'],
    ['stores/memory', 'idb-keyval'],
    ['stores/memory', './file.js'],
    ['stores/memory', '../locks/web-locks.js'],
    ['stores/memory', '../signals/broadcast.js'],
    ['stores/memory', '../oauth/answer.js'],
    ['stores/memory', '../core/session.js'],
    ['stores/indexed-db', 'node:fs'],
    ['stores/indexed-db', './web-storage.js'],
    ['stores/file', 'idb-keyval'],
    ['stores/file', './memory.js'],
    ['stores/redis', 'ioredis'],
    ['stores/redis', './postgres.js'],
    ['stores/postgres', 'pg'],
    ['stores/postgres', './redis-client.js'],
    ['stores/encrypted', './memory.js'],
    ['mcp', '@modelcontextprotocol/sdk/client/auth.js'],
    ['mcp', '../stores/file.js'],
    ['mcp', '../flows/redirect.js'],
    ['locks', 'node:fs'],
    ['locks', '../stores/memory.js'],
    ['locks', '../signals/wake.js'],
    ['locks', '../oauth/http.js'],
    ['locks', '../core/session.js'],
    ['signals', '../stores/memory.js'],
    ['signals', '../locks/web-locks.js'],
    ['signals', '../core/manager.js'],
    ['migration', '../core/manager.js'],
    ['presets', '../oauth/answer.js'],
    ['presets', '../core/manager.js'],
    ['timeline', '../core/manager.js'],
    ['timeline', '../core/errors.js'],
    ['timeline', '../stores/memory.js'],
    ['timeline', 'react'],
    ['testing', 'vitest'],
    ['testing', 'node:http'],
    ['testing', 'oauth4webapi'],
    ['testing', '../core/manager.js'],
    ['testing', '../stores/memory.js'],
    ['index', 'oauth4webapi'],
    ['browser', 'idb-keyval'],
    ['node', 'node:fs'],
    ['create-token-manager', 'oauth4webapi'],
  ])('%s may not import %s', async (from, name) => {
    const file = /^(?:index|browser|node|create-token-manager|stores\/.*)$/.test(from) ? from : `${from}/probe`
    expect(await broken(`src/${file}.ts`, importing(name))).toContain(imports)
    expect(await broken(`src/${file}.ts`, `export { it } from '${name}'\n`)).toContain(imports)
  })

  it.each(['stores/memory', 'locks/web-locks', 'signals/wake', 'testing/faults'])(
    'src/%s may not import even types of oauth',
    async (from) => {
      expect(await broken(`src/${from}.ts`, importingTypes('../oauth/discovery.js'))).toContain(imports)
    },
  )

  it.each([
    `export const fs = import('node:fs')`,
    `export type Fs = import('node:fs').Stats`,
    `import fs = require('node:fs')\nexport const that = fs`,
  ])('no folder may hide an import: %s', async (text) => {
    for (const file of ['src/core/probe.ts', 'src/oauth/probe.ts', 'src/browser.ts']) {
      expect(await broken(file, text)).toContain('no-restricted-syntax')
    }
  })
})

describe('allowed imports', () => {
  it.each([
    ['core/probe', './errors.js'],
    ['oauth/probe', 'oauth4webapi'],
    ['oauth/probe', '../core/errors.js'],
    ['oauth/probe', './http.js'],
    ['flows/probe', '../oauth/discovery.js'],
    ['flows/probe', '../core/manager.js'],
    ['stores/indexed-db', 'idb-keyval'],
    ['stores/file', 'node:fs/promises'],
    ['stores/file', './file-content.js'],
    ['stores/file-content', 'node:path'],
    ['stores/redis', './redis-client.js'],
    ['stores/postgres', './postgres-statements.js'],
    ['stores/memory', '../core/codec.js'],
    ['mcp/probe', '../oauth/pkce.js'],
    ['migration/probe', '../core/environment.js'],
    ['locks/probe', '../core/lock.js'],
    ['testing/probe', '../core/environment.js'],
  ])('src/%s may import %s', async (from, name) => {
    expect(await broken(`src/${from}.ts`, importing(name))).toEqual([])
  })

  it.each(['oauth', 'stores', 'locks', 'signals', 'testing'])('src/%s may import any type of core', async (folder) => {
    expect(await broken(`src/${folder}/probe.ts`, importingTypes('../core/session.js'))).toEqual([])
    const inline = `import { type It } from '../core/session.js'\nexport type That = It\n`
    expect(await broken(`src/${folder}/probe.ts`, inline)).toEqual([])
  })
})

describe('forbidden globals', () => {
  const everywhere = ['setTimeout(run, 1)', 'setInterval(run, 1)', 'fetch(url)', 'performance.now()', 'Date.now()']
  const chance = ['Math.random()', 'new Date()', 'AbortSignal.timeout(5)', 'queueMicrotask(run)']
  const ofARuntime = [
    ...['window', 'document', 'navigator.locks', 'indexedDB', 'localStorage', 'new BroadcastChannel(url)'],
    ...['crypto.randomUUID()', 'process.env', 'Buffer.from(url)', 'globalThis.fetch', 'console.log(url)', 'self'],
    ...['new Date(0)', 'clearTimeout(0)', 'addEventListener(url, run)'],
  ]
  const using = (expression: string): string =>
    `export const that = (run: () => void, url: string): unknown => [run, url, ${expression}]\n`
  const restricted = (rules: string[]): boolean => rules.some((rule) => rule.startsWith('no-restricted-'))

  it.each([...everywhere, ...chance, ...ofARuntime])('core may not use %s', async (expression) => {
    expect(restricted(await broken('src/core/probe.ts', using(expression)))).toBe(true)
  })

  it.each(['oauth', 'flows', 'locks', 'migration', 'signals', 'testing'])(
    'src/%s takes time from the environment',
    async (folder) => {
      for (const expression of [...everywhere, ...chance]) {
        expect(restricted(await broken(`src/${folder}/probe.ts`, using(expression))), expression).toBe(true)
      }
    },
  )

  it('core/environment.ts alone may', async () => {
    expect(await broken('src/core/environment.ts', using('Date.now()'))).toEqual([])
  })
})

describe('entry points', () => {
  it.each([
    `export * from './core/errors.js'`,
    `export default 1`,
    `export const table = new Map()`,
    `export class Thing {}`,
    `export function choose(it: string): string { return it === '' ? 'a' : it }`,
    `export function choose(it: string): string { if (it) return it\n  return 'a' }`,
    `export async function wait(it: Promise<void>): Promise<void> { await it }`,
    `console.log('imported')\nlet count = 0\ncount = 1`,
  ])('may not hold %s', async (text) => {
    expect(await broken('src/browser.ts', text)).toContain('no-restricted-syntax')
  })

  it('may pass names on', async () => {
    expect(await broken('src/browser.ts', `export { memoryStore } from './stores/memory.js'\n`)).toEqual([])
    expect(await broken('src/node.ts', `export type { Snapshot } from './core/snapshot.js'\n`)).toEqual([])
  })

  it('may join parts', async () => {
    const text = `import { join } from './create-token-manager.js'
      import { memoryStore } from './stores/memory.js'
      export function make(options: object): object {
        return join(options, { store: memoryStore() })
      }`
    expect(await broken('src/browser.ts', text)).toEqual([])
  })
})

describe('limits', () => {
  const lines = (count: number): string =>
    Array.from({ length: count }, (_, at) => `export const v${at} = ${at}\n`).join('')
  const functionOf = (count: number): string =>
    `export function long(): void {\n${'  Math.abs(1)\n'.repeat(count - 2)}}\n`

  it('a file has at most 300 lines', async () => {
    expect(await broken('src/core/probe.ts', lines(300))).toEqual([])
    expect(await broken('src/core/probe.ts', lines(301))).toEqual(['max-lines'])
    expect(await broken('test/probe.test.ts', lines(301))).toEqual(['max-lines'])
  })

  it('a function has at most 50 lines', async () => {
    expect(await broken('src/core/probe.ts', functionOf(50))).toEqual([])
    expect(await broken('src/core/probe.ts', functionOf(51))).toEqual(['max-lines-per-function'])
    expect(await broken('bench/probe.ts', functionOf(51))).toEqual(['max-lines-per-function'])
  })

  it('nothing is any', async () => {
    expect(await broken('src/core/probe.ts', 'export const that: any = 1\n')).toEqual([
      '@typescript-eslint/no-explicit-any',
    ])
  })
})
