import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import type { LiveRecord } from '../../src/core/record.js'
import type { TokenStore, Versioned } from '../../src/core/store.js'

/** What a process that swaps is told when it is started. */
export interface SwapperTask {
  readonly path: string
  /** To swap once, and be hit by a signal at one call to the file system; without it, to swap for ever. */
  readonly hit?: Hit | undefined
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
  | { readonly type: 'swapped'; readonly generation: number | undefined; readonly ms: number }
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

function live(generation: number, writer: number): LiveRecord {
  return {
    format: 1,
    state: 'live',
    sessionId: 'session',
    generation,
    at: writer,
    accessTokens: {},
    extra: { padding: 'x'.repeat(3000) },
  }
}

async function swapOnce(store: TokenStore, hit: Hit): Promise<void> {
  const found = await store.read('key')
  arm(hit)
  const { won } = await store.swap('key', found?.revision, live(2, process.pid))
  tell({ type: 'done', won })
}

async function swapForEver(store: TokenStore): Promise<void> {
  for (let current: Versioned | undefined = await store.read('key'); ;) {
    const next = live(current?.record.state === 'live' ? current.record.generation + 1 : 1, process.pid)
    const startedAt = performance.now()
    const result = await store.swap('key', current?.revision, next)
    const ms = performance.now() - startedAt
    tell({ type: 'swapped', generation: result.won ? next.generation : undefined, ms })
    current = result.won ? { revision: result.revision, record: next } : result.current
  }
}

const [, , text] = process.argv
if (text !== undefined) {
  const { path, hit } = JSON.parse(text) as SwapperTask
  process.on('disconnect', () => process.exit())
  // The store takes the calls over when it is imported.
  const { fileStore } = await import('../../src/stores/file.js')
  const store = fileStore(path)
  await (hit ? swapOnce(store, hit) : swapForEver(store)).catch((error: unknown) =>
    tell({ type: 'failed', message: String(error) }),
  )
  if (hit) process.disconnect()
}
