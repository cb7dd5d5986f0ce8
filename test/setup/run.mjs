// Runs a TypeScript script without a build step:  node test/setup/run.mjs <script.ts> [arguments]
//
// The script and what it imports of this repository become one file outside of it, which Node imports and which removes
// itself at once, so that nothing is left behind however the script ends. Packages are not bundled. `evergrant` and
// `evergrant/...` mean `src`, as they do in tests and for the type checker.
import { build } from 'esbuild'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** In the bundle `import.meta` would speak of the bundle; each script asks for its own place. */
const ownPlace = {
  name: 'own-place',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async (file) => {
      const text = await readFile(file.path, 'utf8')
      const contents = text
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file.path).href))
        .replaceAll('import.meta.filename', JSON.stringify(file.path))
        .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file.path)))
      return { contents, loader: 'ts' }
    })
  },
}

/** Packages are found from here, since the bundle lies where there are none. */
const packagesOfTheRepository = {
  name: 'packages-of-the-repository',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path: name, kind }) => {
      const [, entry] = /^evergrant(?:\/(.+))?$/.exec(name) ?? [undefined, undefined]
      if (name === 'evergrant' || entry) return { path: path.join(root, 'src', `${entry ?? 'index'}.ts`) }
      if (kind === 'entry-point') return undefined
      return { path: import.meta.resolve(name), external: true }
    })
  },
}

/** Bundles a script into one file that can be imported once. */
async function bundleScript(script) {
  const folder = await mkdtemp(path.join(tmpdir(), 'evergrant-run-'))
  const outfile = path.join(folder, `${path.basename(script, '.ts')}.mjs`)
  await build({
    entryPoints: [path.resolve(script)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'error',
    plugins: [packagesOfTheRepository, ownPlace],
    banner: {
      js: `import { rmSync as removeBundle } from 'node:fs'; removeBundle(${JSON.stringify(folder)}, { recursive: true, force: true })`,
    },
  })
  return outfile
}

const script = process.argv[2]
if (script === undefined) throw new Error('usage: node test/setup/run.mjs <script.ts> [arguments]')
process.setSourceMapsEnabled(true)
process.argv.splice(1, 2, path.resolve(script))
await import(pathToFileURL(await bundleScript(script)).href)
