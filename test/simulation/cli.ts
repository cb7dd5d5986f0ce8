import { play, policies, type PolicyName } from './scenario.js'

const option = (name: string, otherwise: string): string => {
  const index = process.argv.indexOf(`--${name}`)
  return index < 0 ? otherwise : (process.argv[index + 1] ?? otherwise)
}

const policy = option('policy', 'grace') as PolicyName
const from = Number(option('from', '0'))
const seeds = Number(option('seeds', '1'))
if (!(policy in policies)) throw new Error(`--policy is one of ${Object.keys(policies).join(', ')}`)
const t = Date.now()
let bad = 0,
  lost: Record<string, number> = {},
  maxHeal = 0,
  sends = 0
for (let seed = from; seed < from + seeds; seed++) {
  const outcome = await play(seed, policy)
  sends += outcome.sends
  if (outcome.lost) lost[outcome.lost] = (lost[outcome.lost] ?? 0) + 1
  maxHeal = Math.max(maxHeal, outcome.healedAfterMs ?? 0)
  if (outcome.violation) {
    bad++
    if (bad <= Number(option('show', '1'))) {
      console.log(`seed ${seed} ${policy}: ${outcome.violation}`)
      if (process.argv.includes('--trace')) console.log(outcome.trace.join('\n'))
    }
  } else if (process.argv.includes('--trace') && seeds === 1) console.log(outcome.trace.join('\n'))
}
console.log({ policy, seeds, bad, lost, maxHeal, sends, ms: Date.now() - t })
