import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileStore } from 'evergrant/node'
import { expect, test } from 'vitest'
import { makeProgram } from '../support/program.js'
import type { WorkerReport, WorkerTask } from './worker.js'
import { startWorld } from './world.js'

const processes = 8
const expiries = 8
const accessTokenSeconds = 2
const longestMs = 60_000

/** What a process tells at its end. */
function reportOf(worker: ChildProcess): Promise<WorkerReport> {
  return new Promise((resolve, reject) => {
    worker.on('message', (report) => resolve(report as WorkerReport))
    worker.on('exit', (code, signal) => reject(new Error(`a process ended with ${code ?? signal}`)))
  })
}

test(
  'eight processes with one session file make one token request per expiry, and no call fails',
  async () => {
    const fault = () => ({ type: 'delay', requestMs: 50, responseMs: 50 }) as const
    const world = await startWorld({ accessTokenSeconds, rotation: 'strict', fault })
    const folder = await mkdtemp(join(tmpdir(), 'evergrant-mcp-'))
    const path = join(folder, 'session.json')
    const program = await makeProgram(new URL('./worker.ts', import.meta.url))
    const task: WorkerTask = { serverUrl: world.mcp.url.href, path }
    const workers: ChildProcess[] = []
    try {
      await world.process({ store: fileStore(path), autoRenew: false }).signIn()
      for (let count = 0; count < processes; count++) workers.push(fork(program.path, [JSON.stringify(task)]))
      const reports = Promise.all(workers.map(reportOf))
      const giveUpAt = performance.now() + longestMs
      while (world.as.redemptions.length < expiries && performance.now() < giveUpAt) await sleep(10)
      for (const worker of workers) worker.send('stop')
      for (const { calls, redirects, failures } of await reports) {
        expect({ redirects, failures }).toEqual({ redirects: 0, failures: [] })
        expect(calls).toBeGreaterThan(0)
      }
      const { redemptions, tokenRequests } = world.as
      expect(new Set(redemptions.map(({ outcome }) => outcome))).toEqual(new Set(['accepted']))
      expect(redemptions.length).toBeGreaterThanOrEqual(expiries)
      // One request more is that for the code.
      expect(tokenRequests).toBe(1 + redemptions.length)
      const [first, last] = [redemptions[0], redemptions.at(-1)]
      expect(Number(last?.at) - Number(first?.at)).toBeGreaterThan((redemptions.length - 1) * soonestMs)
    } finally {
      for (const worker of workers) worker.kill('SIGKILL')
      await world.close()
      await program.remove()
      await rm(folder, { recursive: true, force: true })
    }
  },
  2 * longestMs,
)

/** A token is due when a quarter of its life is left, or a little earlier to spread the load. */
const soonestMs = accessTokenSeconds * 1000 * (1 - 0.25 * 1.2)
