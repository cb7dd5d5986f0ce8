import { build, type Metafile, type Plugin } from 'esbuild'
import { readManifest, type InstalledPackage } from './installed-package.js'

/** What a program becomes for its users. */
export interface Bundle {
  readonly code: string
  /** The modules of which something is left, by their paths in the project. */
  readonly modules: readonly string[]
}

/** Bundles a program that lives beside the package, with all that it imports, for a page or for Node. */
export async function bundle(
  { project, folder }: InstalledPackage,
  program: string,
  options: {
    readonly platform: 'browser' | 'node'
    readonly withDependencies?: boolean
    /** Change modules on their way into the bundle. */
    readonly plugins?: Plugin[]
  },
): Promise<Bundle> {
  const { platform, withDependencies = true, plugins = [] } = options
  const { dependencies } = await readManifest(folder)
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: project },
    absWorkingDir: project,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'silent',
    platform,
    plugins,
    external: withDependencies ? [] : Object.keys(dependencies),
  })
  return { code: outputFiles[0]?.text ?? '', modules: modulesOf(metafile) }
}

function modulesOf(metafile: Metafile): string[] {
  return Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([name, { bytesInOutput }]) => name !== '<stdin>' && bytesInOutput > 0)
      .map(([name]) => name.replace(/^node_modules\//, '')),
  )
}
