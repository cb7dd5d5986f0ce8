import type { Mutant } from '../mutants/mutants.js'

/** A mutant that the rounds must notice. */
export type StoreMutant = Omit<Mutant, 'caughtBy'>

/** Ways to break what the rounds watch over, for showing that they notice. */
export const storeMutants: readonly StoreMutant[] = [
  {
    // The new tokens are forgotten when the store does not take them: the old refresh token is spent again.
    name: 'nothing-is-held',
    edits: [{ file: 'core/session.ts', find: 'if (record) this.hold(record, change)', replace: '' }],
  },
  {
    // What the store has not taken is offered once, and never again.
    name: 'nothing-is-offered-again',
    edits: [
      { file: 'core/session.ts', find: 'this.#flushLater(shortestFlushMs)', replace: '' },
      { file: 'core/turn.ts', find: 'await session.flush()', replace: '' },
      { file: 'core/session.ts', find: 'await this.update(held.change)', replace: '' },
    ],
  },
  {
    // A refresh token is spent although the store did not take the intent.
    name: 'sends-without-a-mark',
    edits: [
      { file: 'core/turn.ts', find: 'await session.flush()', replace: 'await session.flush().catch(() => undefined)' },
      {
        file: 'core/turn.ts',
        find: 'const won = await session.update(arm)',
        replace: 'const won = await session.update(() => armed).catch(() => true)',
      },
      { file: 'core/turn.ts', find: 'if (this.isOurs()) return', replace: 'return' },
    ],
  },
]
