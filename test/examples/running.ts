import { spawn, type ChildProcess } from 'node:child_process'
import { onTestFinished } from 'vitest'

/** What is longer than any word that the examples print, or begins like the tokens and codes of the test server. */
export const tokenLike = /[\w-]{32,}|\b(?:access|refresh|device|code)\.\d+\.\w/

/** An example that runs as a process of its own. */
export interface Running {
  readonly process: ChildProcess
  readonly output: () => string
  readonly exitCode: Promise<number | null>
}

/** Starts an example, which ends with its test at the latest. */
export function runExample(path: string, args: readonly string[], variables: NodeJS.ProcessEnv): Running {
  const program = ['test/setup/run.mjs', `examples/${path}`, ...args]
  const child = spawn(process.execPath, program, { env: { ...process.env, ...variables } })
  onTestFinished(() => void child.kill())
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)))
  return {
    process: child,
    output: () => output,
    exitCode: new Promise((resolve) => child.once('close', resolve)),
  }
}
