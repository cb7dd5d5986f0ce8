import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { WorkerReport, WorkerSettings } from './worker.js'

const runner = fileURLToPath(new URL('../../test/setup/run.mjs', import.meta.url))
const program = fileURLToPath(new URL('worker.ts', import.meta.url))
const farewellMs = 15_000

/** The processes of the fleet. */
export class Workers {
  /** The last report of each. */
  readonly reports: WorkerReport[] = []
  /** How many ended in another way than they should. */
  crashes = 0
  readonly #processes: ChildProcess[] = []

  start(settings: WorkerSettings): void {
    const index = this.#processes.length
    const worker = fork(runner, [program])
    this.#processes.push(worker)
    worker.on('message', (report) => (this.reports[index] = report as WorkerReport))
    worker.once('exit', (code) => {
      if (code !== 0) this.crashes++
    })
    worker.send(settings)
  }

  /** Lets all finish what they are doing, and ends those that do not. */
  async stop(): Promise<void> {
    await Promise.all(this.#processes.splice(0).map(stop))
  }
}

async function stop(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  if (worker.connected) worker.send('stop')
  const emergency = setTimeout(() => worker.kill('SIGKILL'), farewellMs)
  await ended
  clearTimeout(emergency)
}
