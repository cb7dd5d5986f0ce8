import { build, type Plugin } from 'esbuild'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A TypeScript program in the form of one file that Node can start many times. */
export interface Program {
  readonly path: string
  remove(): Promise<void>
}

/** Bundles a program, whose code `plugins` may change on its way. */
export async function makeProgram(source: URL, ...plugins: Plugin[]): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'evergrant-program-'))
  const path = join(folder, 'program.mjs')
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    // Packages in the older format ask for others by it.
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)` },
    plugins,
  })
  return { path, remove: () => rm(folder, { recursive: true, force: true }) }
}
