import { brotliCompressSync } from 'node:zlib'
import { bundle } from './bundle.js'
import { installPackage } from './installed-package.js'

/** How large a program is that uses one part of the package. */
export interface Size {
  readonly name: string
  /** Bytes after minification. */
  readonly minified: number
  /** Bytes after minification and brotli, as a page loads it. */
  readonly brotli: number
}

const programs = [
  {
    name: 'evergrant/browser, manager only',
    program: `export { createTokenManager } from 'evergrant/browser'`,
    platform: 'browser',
  },
  {
    name: 'evergrant/browser, with sign-in and sign-out',
    program: `export {
      createTokenManager, signInWithRedirect, handleRedirectCallback, signOutWithRedirect
    } from 'evergrant/browser'`,
    platform: 'browser',
  },
  { name: 'evergrant/browser', program: `export * from 'evergrant/browser'`, platform: 'browser' },
  { name: 'evergrant', program: `export * from 'evergrant'`, platform: 'browser' },
  {
    name: 'evergrant/node, without dependencies',
    program: `export * from 'evergrant/node'`,
    platform: 'node',
    withDependencies: false,
  },
  { name: 'evergrant/redis', program: `export * from 'evergrant/redis'`, platform: 'browser' },
  { name: 'evergrant/postgres', program: `export * from 'evergrant/postgres'`, platform: 'browser' },
  { name: 'evergrant/mcp', program: `export * from 'evergrant/mcp'`, platform: 'browser' },
  { name: 'evergrant/presets', program: `export * from 'evergrant/presets'`, platform: 'browser' },
  { name: 'evergrant/migration', program: `export * from 'evergrant/migration'`, platform: 'browser' },
  { name: 'evergrant/timeline', program: `export * from 'evergrant/timeline'`, platform: 'browser' },
  { name: 'evergrant/testing', program: `export * from 'evergrant/testing'`, platform: 'browser' },
] as const

/** What we want a page to pay at most, in bytes after brotli: for keeping a session alive, and for beginning and ending it too. */
export const goals: ReadonlyMap<string, number> = new Map([
  [programs[0].name, 10_000],
  [programs[1].name, 12_000],
])

/** Measures the packed package, everything bundled including its dependencies unless the name says otherwise. */
export async function measureSizes(): Promise<Size[]> {
  const installed = await installPackage()
  const sizes: Size[] = []
  for (const { name, program, ...options } of programs) {
    const code = Buffer.from((await bundle(installed, program, options)).code)
    sizes.push({ name, minified: code.length, brotli: brotliCompressSync(code).length })
  }
  return sizes
}
