import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import type { InstalledPackage } from '../package/installed-package.js'
import { runtimesFolder, type Runtime } from './runtimes.js'

const programs = ['program', 'asker', 'worker']
const longestMs = 30_000

/**
 * Puts our programs as plain modules beside the built package, so that they import it as any program does. All runtimes
 * get the same modules.
 */
export async function installPrograms({ project }: InstalledPackage): Promise<string> {
  const folder = await mkdtemp(path.join(project, 'runtimes-'))
  await build({
    entryPoints: programs.map((name) => path.join(runtimesFolder, `${name}.ts`)),
    outdir: folder,
    bundle: true,
    packages: 'external',
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
    // The paths of ours would lead to the sources.
    tsconfigRaw: {},
  })
  return folder
}

export function removePrograms(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true })
}

/** Runs a program to its end, which must come by itself, and gives what it printed. */
export async function runProgram(runtime: Runtime, program: string, ...args: string[]): Promise<string> {
  const options = { cwd: path.dirname(program), timeout: longestMs, env: { PATH: process.env.PATH } }
  const running = promisify(execFile)(runtime.program, [...runtime.flags, program, ...args], options)
  const { stdout } = await running.catch((error: { readonly killed?: boolean; readonly stdout?: string }) => {
    throw error.killed ? new Error(`the process did not end by itself; it printed: ${error.stdout}`) : error
  })
  return stdout
}

/** A process of `asker.ts`. */
export class Asker {
  readonly #process: ChildProcess
  readonly #answers: NodeJS.AsyncIterator<string>

  constructor(runtime: Runtime, program: string, ...args: string[]) {
    const child = spawn(runtime.program, [...runtime.flags, program, ...args], {
      cwd: path.dirname(program),
      env: { PATH: process.env.PATH },
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: longestMs,
      killSignal: 'SIGKILL',
    })
    this.#process = child
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  /** Gives it a line, and resolves to its answer. */
  async say(line: string): Promise<string> {
    this.#process.stdin?.write(`${line}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error('the process has ended')
    return value
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(name)
  }

  /** Lets it end, which it does once there is nothing more to read; resolves to its status. */
  async end(): Promise<unknown> {
    const ended = once(this.#process, 'exit')
    this.#process.stdin?.end()
    const [status] = (await ended) as [unknown]
    return status
  }
}
