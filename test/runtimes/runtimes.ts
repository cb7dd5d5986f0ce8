import path from 'node:path'
import { repository } from '../package/installed-package.js'

/** Where package.json of the runtimes is, apart from the package's own. */
export const runtimesFolder: string = path.join(repository, 'test/runtimes')
const modules = path.join(runtimesFolder, 'node_modules')

/** What runs programs as processes. */
export interface Runtime {
  readonly name: string
  readonly program: string
  /** What comes before the file to run. */
  readonly flags: readonly string[]
}

const nodes = ['20', '22', '24', '26'].map((version) => ({
  name: `Node ${version}`,
  program: path.join(modules, `node-${version}/bin/node`),
  flags: [],
}))

/** No permission but to talk to this machine, and to files: those are what evergrant needs. */
const denoFlags = [
  'run',
  '--quiet',
  '--no-prompt',
  '--cached-only',
  '--allow-net=127.0.0.1',
  '--allow-read',
  '--allow-write',
]

export const runtimes: readonly Runtime[] = [
  ...nodes,
  { name: 'Bun', program: path.join(modules, '@oven/bun-linux-x64/bin/bun'), flags: ['run'] },
  { name: 'Deno', program: path.join(modules, '@deno/linux-x64-glibc/deno'), flags: denoFlags },
]

export const workerd: string = path.join(modules, '@cloudflare/workerd-linux-64/bin/workerd')
