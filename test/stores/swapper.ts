import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import type { LiveRecord } from '../../src/core/record.js'
import type { TokenStore } from '../../src/core/store.js'

/** What a process that swaps is told when it is started. */
export interface SwapperTask {
  readonly path: string
  readonly hit: Hit
}

/** Where a signal hits a process. */
export interface Hit {
  /** Counts the calls to the file system from 1. */
  readonly call: number
  readonly when: 'before' | 'after'
  readonly signal: 'SIGKILL' | 'SIGSTOP'
}

/** What such a process tells. */
export type SwapperNews =
  | { readonly type: 'hit'; readonly call: string }
  | { readonly type: 'done'; readonly won: boolean }
  | { readonly type: 'failed'; readonly message: string }

const tell = (news: SwapperNews): void => void process.send?.(news)

type Call = (...args: unknown[]) => Promise<unknown>

/** Lets every call to the file system be counted, and one of them be hit. */
function arm({ call, when, signal }: Hit): void {
  let count = 0
  const armed = (target: Record<string, Call>, name: string): void => {
    const original = target[name] as Call
    target[name] = async function (this: unknown, ...args) {
      const isHit = ++count === call
      const strike = (): void => {
        tell({ type: 'hit', call: `${when} ${name}` })
        process.kill(process.pid, signal)
      }
      if (isHit && when === 'before') strike()
      try {
        return await original.apply(this, args)
      } finally {
        if (isHit && when === 'after') strike()
      }
    }
  }
  const calls = fs.promises as unknown as Record<string, Call>
  const names = [
    'realpath',
    'readlink',
    'mkdir',
    'open',
    'readdir',
    'readFile',
    'rename',
    'rm',
    'rmdir',
    'stat',
    'copyFile',
  ]
  for (const name of names) armed(calls, name)
  const open = calls.open as Call
  calls.open = async (...args) => {
    const handle = (await open(...args)) as Record<string, Call>
    for (const name of ['writeFile', 'sync', 'close']) armed(handle, name)
    return handle
  }
  syncBuiltinESMExports()
}

const next: LiveRecord = {
  format: 1,
  state: 'live',
  sessionId: 'session',
  generation: 2,
  at: 1,
  accessTokens: {},
  extra: { padding: 'x'.repeat(3000) },
}

/** Swaps once, and is hit by a signal at one of its calls to the file system. */
async function swapOnce(store: TokenStore, hit: Hit): Promise<void> {
  const found = await store.read('key')
  arm(hit)
  const { won } = await store.swap('key', found?.revision, next)
  tell({ type: 'done', won })
}

const { path, hit } = JSON.parse(process.argv[2] ?? '') as SwapperTask
process.on('disconnect', () => process.exit())
// The store takes the calls over when it is imported.
const { fileStore } = await import('../../src/stores/file.js')
await swapOnce(fileStore(path), hit).catch((error: unknown) => tell({ type: 'failed', message: String(error) }))
process.disconnect()
