import { parentPort, workerData } from 'node:worker_threads'
import { play, type Outcome, type PolicyName } from './scenario.js'

/** What a worker is asked to do. */
export interface Task {
  readonly policy: PolicyName
  readonly from: number
  readonly seeds: number
  /** Whether the first violation is enough. */
  readonly stopsEarly: boolean
}

/** What a worker tells of one seed. */
export interface Played extends Omit<Outcome, 'trace'> {
  readonly policy: PolicyName
  readonly seed: number
  readonly trace: readonly string[] | undefined
}

const { policy, from, seeds, stopsEarly } = workerData as Task

for (let seed = from; seed < from + seeds; seed++) {
  const outcome = await play(seed, policy)
  const trace = outcome.violation === undefined ? undefined : outcome.trace
  const played: Played = { ...outcome, trace, policy, seed }
  parentPort?.postMessage(played)
  if (stopsEarly && played.violation !== undefined) break
}
