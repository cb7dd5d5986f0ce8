import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const repository: string = fileURLToPath(new URL('../../', import.meta.url))

/** What of the repository the package is made of and built with. */
const ingredients = [
  ...['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE'],
  ...['package-lock.json', 'tsup.config.ts', 'tsconfig.json', 'src'],
]
const oneDayMs = 24 * 3_600_000

/** The package as its users get it. */
export interface InstalledPackage {
  readonly tarball: string
  /** A project that has nothing installed but the package and its dependencies. */
  readonly project: string
  /** The package inside that project. */
  readonly folder: string
  /** What it was built from. */
  readonly source: string
}

/** The parts of package.json that the checks look at. */
export interface Manifest {
  readonly version: string
  readonly sideEffects: boolean
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
}

export async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as Manifest
}

/** The files below a folder by their paths in it, with `/` on every platform, sorted. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .sort()
}

/**
 * Builds, packs and installs the package outside of the repository, so that nothing is found there by accident and
 * nobody's `dist` is disturbed. Done once for each state of the sources: all checks of one state share it.
 */
export async function installPackage(): Promise<InstalledPackage> {
  await removeOldOnes()
  const work = await mkdtemp(path.join(tmpdir(), 'evergrant-packing-'))
  try {
    const place = await takeSources(work)
    if (!(await exists(place))) {
      await pack(work)
      await install(work)
      // When it fails, another check of the same state was faster.
      await rename(work, place).catch(() => undefined)
    }
    return {
      tarball: path.join(place, 'evergrant.tgz'),
      project: path.join(place, 'project'),
      folder: path.join(place, 'project/node_modules/evergrant'),
      source: path.join(place, 'source'),
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Copies what the package is made of, since somebody may be typing. Returns the place that belongs to its content. */
async function takeSources(work: string): Promise<string> {
  const source = path.join(work, 'source')
  for (const name of ingredients) {
    const from = path.join(repository, name)
    if (await exists(from)) await cp(from, path.join(source, name), { recursive: true })
  }
  const hash = createHash('sha256')
  for (const file of await filesIn(source)) {
    hash
      .update(`${file}\0`)
      .update(await readFile(path.join(source, file)))
      .update('\0')
  }
  return path.join(tmpdir(), `evergrant-package-${hash.digest('hex').slice(0, 16)}`)
}

async function pack(work: string): Promise<void> {
  const source = path.join(work, 'source')
  await symlink(path.join(repository, 'node_modules'), path.join(source, 'node_modules'))
  await npm(source, 'run', 'build')
  const answer = await npm(source, 'pack', '--json', '--pack-destination', work)
  const [{ filename }] = JSON.parse(answer) as [{ filename: string }]
  await rename(path.join(work, filename), path.join(work, 'evergrant.tgz'))
}

/** Takes the dependencies in the versions that are tested here: a release of theirs must not change our figures. */
async function install(work: string): Promise<void> {
  const project = path.join(work, 'project')
  await mkdir(project)
  await writeFile(path.join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const { dependencies } = await readManifest(repository)
  const exact = await Promise.all(
    Object.keys(dependencies).map(async (name) => {
      const { version } = await readManifest(path.join(repository, 'node_modules', name))
      return `${name}@${version}`
    }),
  )
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock']
  await npm(project, 'install', ...quiet, '../evergrant.tgz', ...exact)
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
  try {
    return (await run('npm', ['--silent', ...args], { cwd })).stdout
  } catch (error) {
    // What a compiler has to say stands on its standard output, which the error does not show.
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`npm ${args.join(' ')} failed\n${stdout}\n${stderr}`, { cause: error })
  }
}

async function removeOldOnes(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!/^evergrant-pack(?:age|ing)-/.test(name)) continue
    const place = path.join(tmpdir(), name)
    const { mtimeMs } = await stat(place)
    if (Date.now() - mtimeMs > oneDayMs) await rm(place, { recursive: true, force: true })
  }
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
