import { brotliCompressSync } from 'node:zlib'
import { bundle } from '../test/package/bundle.js'
import { installPackage } from '../test/package/installed-package.js'
import { goals, measureSizes } from '../test/package/sizes.js'
import type { Figure } from './figure.js'

/** What a page would pay without us: the parts of our dependencies that do the work, for which there is no budget. */
const floor = [
  {
    what: 'oauth4webapi, discovery and refresh alone',
    program: `export {
      discoveryRequest, processDiscoveryResponse, refreshTokenGrantRequest, processRefreshTokenResponse
    } from 'oauth4webapi'`,
  },
  { what: 'idb-keyval alone', program: `export * from 'idb-keyval'` },
]

/** Measures bundles of the packed package, and those of what it is built on in the same way. */
export async function measureBundles(): Promise<Figure[]> {
  const ours = (await measureSizes()).map(({ name, brotli }): Figure => {
    return {
      kind: 'size',
      what: name,
      bytes: brotli,
      budget: goals.get(name),
      reason: 'docs/decisions/0009-the-size-of-a-page.md',
    }
  })
  const installed = await installPackage()
  const theirs = floor.map(async ({ what, program }): Promise<Figure> => {
    const { code } = await bundle(installed, program, { platform: 'browser' })
    return { kind: 'size', what, bytes: brotliCompressSync(code).length }
  })
  return [...ours, ...(await Promise.all(theirs))]
}
