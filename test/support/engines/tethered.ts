import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

const longestEndMs = 10_000

/** Waits until its standard input, which comes from here, is at its end, and then ends the program. */
const tether = 'trap : INT TERM HUP; "$@" & cat >/dev/null; kill "$!"; wait "$!"'

/** A program that ends with this process, however this one ends. */
export interface Tethered {
  /** The first line that the program writes to its file 3. */
  firstLine(): Promise<string>
  stop(): Promise<void>
}

export function startTethered(command: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}): Tethered {
  const child = spawn('sh', ['-c', tether, 'sh', command, ...args], {
    env: { ...process.env, ...variables },
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
  })
  return { firstLine: () => firstLineOf(child), stop: () => stop(child) }
}

async function firstLineOf(child: ChildProcess): Promise<string> {
  const [data] = (await once(child.stdio[3] as Readable, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer]
  return data.toString().trim()
}

async function stop(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit', { signal: AbortSignal.timeout(longestEndMs) })
  child.stdin?.end()
  await exit
}
