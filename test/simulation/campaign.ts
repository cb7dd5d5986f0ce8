import type { Plugin } from 'esbuild'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { makeProgram } from '../support/program.js'
import type { PolicyName } from './scenario.js'
import type { Played, Task } from './worker.js'

const workerSource = new URL('worker.ts', import.meta.url)
const chunkSeeds = 500

/** What to simulate. */
export interface CampaignOptions {
  readonly policies: readonly PolicyName[]
  readonly from: number
  /** For each policy. */
  readonly seeds: number
  /** How many workers; one for each processor by default. */
  readonly jobs?: number
  /** Ends with the first violation. */
  readonly stopsEarly?: boolean
  /** Changes the code on its way into the simulation. */
  readonly plugin?: Plugin
  /** Is told of each seed as it comes. */
  readonly onPlayed?: (played: Played) => void
}

/** What came of the seeds of one policy. */
export interface Summary {
  readonly policy: PolicyName
  seeds: number
  violations: number
  /** Sessions lost inside the window that the promise names, and by a network that repeats or keeps requests. */
  lostInWindow: number
  lostByTransport: number
  requests: number
  tokensServed: number
  virtualDays: number
  /** The longest time from the end of all trouble to a fresh token. */
  slowestHealSeconds: number
}

/** Plays seeds of each policy on several workers. Resolves to the summaries and the seeds that broke a promise. */
export async function runCampaign(options: CampaignOptions): Promise<{ summaries: Summary[]; violations: Played[] }> {
  const program = await makeProgram(workerSource, ...(options.plugin ? [options.plugin] : []))
  try {
    return await new Campaign(program.path, options).run()
  } finally {
    await program.remove()
  }
}

class Campaign {
  readonly #summaries: Map<PolicyName, Summary>
  readonly #violations: Played[] = []
  readonly #tasks: Task[] = []
  readonly #workers = new Set<Worker>()

  constructor(
    private readonly worker: string,
    private readonly options: CampaignOptions,
  ) {
    const { policies, from, seeds, stopsEarly = false } = options
    this.#summaries = new Map(policies.map((policy) => [policy, emptySummary(policy)]))
    for (let start = from; start < from + seeds; start += chunkSeeds) {
      const size = Math.min(chunkSeeds, from + seeds - start)
      for (const policy of policies) this.#tasks.push({ policy, from: start, seeds: size, stopsEarly })
    }
  }

  async run(): Promise<{ summaries: Summary[]; violations: Played[] }> {
    const jobs = this.options.jobs ?? availableParallelism()
    await Promise.all(Array.from({ length: jobs }, () => this.#work()))
    return { summaries: [...this.#summaries.values()], violations: this.#violations }
  }

  async #work(): Promise<void> {
    for (let task = this.#tasks.shift(); task; task = this.#tasks.shift()) {
      if (this.options.stopsEarly && this.#violations.length > 0) return
      await this.#play(task)
    }
  }

  #play(task: Task): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(this.worker, { workerData: task })
      this.#workers.add(worker)
      worker.on('message', (played: Played) => {
        this.#count(played)
        if (this.options.stopsEarly && played.violation !== undefined) this.#end()
      })
      worker.on('error', reject)
      worker.on('exit', () => resolve(void this.#workers.delete(worker)))
    })
  }

  #end(): void {
    for (const worker of this.#workers) void worker.terminate()
  }

  #count(played: Played): void {
    const summary = this.#summaries.get(played.policy) ?? emptySummary(played.policy)
    summary.seeds++
    summary.requests += played.sends
    summary.tokensServed += played.tokensServed
    summary.virtualDays += played.virtualMs / 86_400_000
    summary.slowestHealSeconds = Math.max(summary.slowestHealSeconds, (played.healedAfterMs ?? 0) / 1000)
    if (played.lost === 'window') summary.lostInWindow++
    if (played.lost === 'transport') summary.lostByTransport++
    if (played.violation !== undefined) {
      summary.violations++
      this.#violations.push(played)
    }
    this.options.onPlayed?.(played)
  }
}

function emptySummary(policy: PolicyName): Summary {
  return {
    policy,
    seeds: 0,
    violations: 0,
    lostInWindow: 0,
    lostByTransport: 0,
    requests: 0,
    tokensServed: 0,
    virtualDays: 0,
    slowestHealSeconds: 0,
  }
}
