import type { PoolsResult } from './pools.js'

/** How uneven the rate of renewals may be, as the peak over the mean. */
export interface Goals {
  /** While all is well. */
  readonly peakToMean: number
  /** After an outage. */
  readonly peakToMeanAfterOutage: number
}

/** What `npm run campaign:pool` asks of ten thousand sessions; where there are few, no mean is long enough. */
export const goals: Goals = { peakToMean: 1.3, peakToMeanAfterOutage: 3 }

/** Of an outage, each pool learns while its pace is halved every second; from then on it asks once a second. */
export function budgetOf({ processes, maxRenewalsPerSecond, outage }: PoolsResult): number {
  return processes * (2 * maxRenewalsPerSecond + (outage?.seconds ?? 0))
}

/** What of a run is not as promised. */
export function findFaults(result: PoolsResult, { peakToMean, peakToMeanAfterOutage }: Goals): string[] {
  const { sessions, tokenRequests, renewals, renewedOnce, outcomes, received, lost, outage } = result
  const isRefused = Object.keys(outcomes).some((outcome) => outcome !== 'accepted' && outcome !== 'repeated')
  const checks: [string, boolean][] = [
    [`${lost} sessions were lost`, lost > 0],
    [
      `${renewals} renewals of ${sessions} sessions, of which ${renewedOnce} exactly once`,
      renewals !== sessions || renewedOnce !== sessions,
    ],
    [`refresh tokens were refused: ${JSON.stringify(outcomes)}`, isRefused],
    [`${tokenRequests} token requests for ${sessions} renewals`, !outage && tokenRequests !== sessions],
    [`the peak is ${received.peakToMean.toFixed(2)} times the mean`, !outage && received.peakToMean > peakToMean],
  ]
  if (outage) {
    const { recovery, requests } = outage
    const budget = Math.round(budgetOf(result))
    const ratio = recovery.peakToMean
    checks.push(
      [`after the outage, the peak is ${ratio.toFixed(2)} times the mean`, ratio > peakToMeanAfterOutage],
      [`${requests} requests during the outage, more than ${budget}`, requests > budget],
    )
  }
  return checks.filter(([, isFault]) => isFault).map(([fault]) => fault)
}
