import { build } from 'esbuild'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Bundles the service for Node and the page's program for browsers, into a folder. */
export async function bundle(folder: string): Promise<{ service: string; page: string }> {
  const [service, page] = [join(folder, 'service.mjs'), join(folder, 'page.js')]
  const common = { bundle: true, format: 'esm', logLevel: 'error' } as const
  await Promise.all([
    build({ ...common, entryPoints: [pathOf('service.ts')], outfile: service, platform: 'node', target: 'node20' }),
    build({ ...common, entryPoints: [pathOf('page/page.ts')], outfile: page, platform: 'browser', target: 'es2022' }),
  ])
  return { service, page }
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}
