import type { Mutant } from '../mutants/mutants.js'

/** A mutant that a case of this campaign must notice. */
export type TabMutant = Omit<Mutant, 'caughtBy'>

/** Ways to break what the cases watch over, for showing that they notice. */
export const tabMutants: readonly TabMutant[] = [
  {
    // Noticed by `lifetimes` and `lifecycle`: several tabs spend the same refresh token.
    name: 'every-tab-for-itself',
    edits: [
      { file: 'locks/web-locks.ts', find: 'if (!locks) return noLock', replace: 'return noLock' },
      {
        file: 'core/turn.ts',
        find: 'return intent !== undefined && intent.owner !== owner && intent.pause === undefined',
        replace: 'return false',
      },
    ],
  },
  {
    // Noticed by `lifetimes`: whoever comes second overwrites what the first one has written.
    name: 'blind-swap',
    edits: [
      { file: 'locks/web-locks.ts', find: 'if (!locks) return noLock', replace: 'return noLock' },
      { file: 'stores/indexed-db.ts', find: 'current?.revision !== expected || ', replace: '' },
    ],
  },
  {
    // Noticed by `sign-out`: a late answer brings the session back.
    name: 'resurrection',
    edits: [
      {
        file: 'core/outcome.ts',
        find: '(turn.isFor(stored) ? nextOf(stored) : undefined)',
        replace: 'nextOf(turn.isFor(stored) ? stored : turn.record)',
      },
      { file: 'core/session.ts', find: 'assertSuccession(current, next)', replace: '' },
    ],
  },
  {
    // Noticed by `wake`: tokens are given away without a look at the clock.
    name: 'timers-are-trusted',
    edits: [
      {
        file: 'core/view.ts',
        find: 'return lifetime !== undefined && lifetime.untilDue() > 0',
        replace: 'return lifetime !== undefined',
      },
    ],
  },
  {
    // Noticed by `outage` and `dropped-answers`: there is no budget.
    name: 'impatience',
    edits: [{ file: 'core/backoff.ts', find: 'step * (0.5 + random / 2)', replace: '100' }],
  },
]
