import type { PolicyName } from '../simulation/scenario.js'
import { mutantsOfDecisions } from './of-decisions.js'
import { mutantsOfFetch } from './of-fetch.js'
import { mutantsOfKinds } from './of-kinds.js'
import { mutantsOfOutcomes } from './of-outcomes.js'
import { mutantsOfPages } from './of-pages.js'
import { mutantsOfPools } from './of-pools.js'
import { mutantsOfStores } from './of-stores.js'
import { mutantsOfTurns } from './of-turns.js'
import { mutantsOfWatching } from './of-watching.js'

/** A change to the code that breaks a rule of the protocol. */
export interface Mutant {
  readonly name: string
  /** Each text occurs once in its file. */
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[]
  /** What must notice: the simulation under a policy, or a test file. */
  readonly caughtBy: { readonly policy: PolicyName } | { readonly test: string }
}

/** Breaks the protocol in one place each. All of them must be caught, or the rule they break is not tested. */
export const mutants: readonly Mutant[] = [
  ...mutantsOfTurns,
  ...mutantsOfWatching,
  ...mutantsOfOutcomes,
  ...mutantsOfDecisions,
  ...mutantsOfFetch,
  ...mutantsOfPages,
  ...mutantsOfPools,
  ...mutantsOfKinds,
  ...mutantsOfStores,
]
