import { fork, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LiveRecord } from '../../src/core/record.js'
import { fileStore } from '../../src/stores/file.js'
import { makeProgram, type Program } from '../support/program.js'
import type { Hit, SwapperNews, SwapperTask } from './swapper.js'

/** More than a swap makes; the test fails if it is not. */
const mostCalls = 40

let program: Program
let folder = ''
let path = ''
/** A file that nobody is in the middle of. */
let quietPath = ''

beforeAll(async () => {
  program = await makeProgram(new URL('./swapper.ts', import.meta.url))
})
afterAll(() => program.remove())

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-'))
  path = join(folder, 'session.json')
  quietPath = join(`${folder}-quiet`, 'session.json')
})
afterEach(async () => {
  for (const used of [folder, dirname(quietPath)]) await rm(used, { recursive: true, force: true })
})

function live(generation: number): LiveRecord {
  return { format: 1, state: 'live', sessionId: 'session', generation, at: 1, accessTokens: {} }
}

async function generation(): Promise<number> {
  const found = await fileStore(path).read('key')
  if (found?.record.state !== 'live') throw new Error('there is no session')
  return found.record.generation
}

/** Writes the next generation, and checks that whoever is in the middle of a swap holds it up for less than a second. */
async function step(): Promise<number> {
  const startedAt = performance.now()
  const writing = writeNext()
  const usualMs = longestBeside(writing)
  const next = await writing
  const tookMs = performance.now() - startedAt
  expect(tookMs - (await usualMs)).toBeLessThan(1000)
  return next
}

async function writeNext(): Promise<number> {
  const store = fileStore(path)
  for (let attempt = 0; attempt < 3; attempt++) {
    const next = (await generation()) + 1
    const { won } = await store.swap('key', (await store.read('key'))?.revision, live(next))
    if (won) return next
  }
  throw new Error('the swap never won')
}

/** The longest that a swap takes on the quiet file while other work goes on: so long the machine holds up everybody. */
async function longestBeside(work: Promise<unknown>): Promise<number> {
  let isOver = false
  const end = (): boolean => (isOver = true)
  work.then(end, end)
  const store = fileStore(quietPath)
  let longestMs = 0
  while (!isOver) {
    const startedAt = performance.now()
    expect(await store.swap('key', (await store.read('key'))?.revision, live(1))).toMatchObject({ won: true })
    longestMs = Math.max(longestMs, performance.now() - startedAt)
  }
  return longestMs
}

/** A process on its way from generation 1 to 2, which is hit by a signal somewhere. */
class Swapper {
  readonly #process: ChildProcess
  readonly #news: SwapperNews[] = []
  readonly over: Promise<unknown>
  readonly hit: Promise<unknown>

  constructor(hit: Hit) {
    const task: SwapperTask = { path, hit }
    this.#process = fork(program.path, [JSON.stringify(task)])
    this.over = new Promise((resolve) => this.#process.once('exit', resolve))
    const isHit = new Promise((resolve) =>
      this.#process.on('message', (news: SwapperNews) => resolve(this.#news.push(news))),
    )
    this.hit = Promise.race([isHit, this.over])
  }

  get place(): string | undefined {
    return this.#news.find((news) => news.type === 'hit')?.call
  }

  get outcome(): SwapperNews | undefined {
    return this.#news.find((news) => news.type !== 'hit')
  }

  goOn(): void {
    this.#process.kill('SIGCONT')
  }
}

/** Starts anew: what earlier processes left behind would cost the next one more calls. */
async function start(): Promise<void> {
  await rm(folder, { recursive: true })
  await mkdir(folder)
  await fileStore(path).swap('key', undefined, live(1))
}

/** Where a swap can be hit. */
function* hits(signal: Hit['signal']): Generator<Hit> {
  for (let call = 1; call <= mostCalls; call++)
    for (const when of ['before', 'after'] as const) yield { call, when, signal }
}

describe('a process that is in the middle of a swap', () => {
  test('leaves the old content or the new when it is killed, at every call, and holds nobody up for a second', async () => {
    const seen: string[] = []
    for (const hit of hits('SIGKILL')) {
      await start()
      const swapper = new Swapper(hit)
      await swapper.over
      if (swapper.place === undefined) {
        expect(swapper.outcome).toEqual({ type: 'done', won: true })
        break
      }
      const left = await generation()
      seen.push(`${swapper.place}: ${left}`)
      expect([1, 2]).toContain(left)
      expect(await step()).toBe(left + 1)
      const others = (await readdir(folder)).filter((name) => !name.startsWith('session.json.draft-'))
      expect(others).toEqual(['session.json'])
    }
    expect(seen).toContain('before rename: 1')
    expect(seen).toContain('after rename: 2')
    expect(seen.length).toBeGreaterThan(20)
    expect(seen.length).toBeLessThan(2 * mostCalls)
  }, 120_000)

  test('overwrites nothing when it is stopped, at every call, others go on, and it wakes up later', async () => {
    const seen: string[] = []
    for (const hit of hits('SIGSTOP')) {
      await start()
      const swapper = new Swapper(hit)
      await swapper.hit
      if (swapper.place === undefined) break
      const [first, second] = [await step(), await step()]
      swapper.goOn()
      await swapper.over
      // It won before it was stopped, and the others went on from there, or it lost.
      expect(swapper.outcome).toEqual({ type: 'done', won: first === 3 })
      expect([await generation(), second]).toEqual([first + 1, first + 1])
      seen.push(`${swapper.place}: ${first}`)
      expect(await readdir(folder)).toEqual(['session.json'])
    }
    expect(seen).toContain('before rename: 2')
    expect(seen).toContain('after rename: 3')
    expect(seen.length).toBeGreaterThan(20)
  }, 120_000)
})
