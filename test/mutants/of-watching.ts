import type { Mutant } from './mutants.js'

/** Break the rules of how long an intent has stood still. */
export const mutantsOfWatching: readonly Mutant[] = [
  {
    name: 'what several have watched at the same time is added up',
    edits: [
      {
        file: 'core/turn.ts',
        find: 'const stillMs = Math.floor(this.#stillMs())',
        replace: 'const stillMs = Math.floor(this.#stillMs()) + (stored.intent.stillMs ?? 0)',
      },
    ],
    caughtBy: { test: 'core/sharing.test.ts' },
  },
  {
    name: 'what was watched of one beat counts for the next as well',
    edits: [{ file: 'core/turn.ts', find: ', stillMs: undefined }', replace: ' }' }],
    caughtBy: { policy: 'none' },
  },
  {
    name: 'the beats of a slow store come late',
    edits: [
      {
        file: 'core/turn.ts',
        find: 'const sinceWriteMs = sendingMs - this.leaseLeft()',
        replace: 'const sinceWriteMs = 0',
      },
    ],
    caughtBy: { test: 'core/sharing.test.ts' },
  },
  {
    name: 'what was watched dies with its observer',
    edits: [{ file: 'core/turn.ts', find: 'await rival.share(session)', replace: '' }],
    caughtBy: { test: 'core/sharing.test.ts' },
  },
  {
    name: 'holders begin to watch only when it is their turn to look',
    edits: [{ file: 'core/keeper.ts', find: 'this.#renewal.rival.watch(record)', replace: '' }],
    caughtBy: { test: 'core/sharing.test.ts' },
  },
  {
    name: 'a holder counts its beats anew, so that an old one looks like the next',
    edits: [
      {
        file: 'core/turn.ts',
        find: 'beat: ownBeat + 1',
        replace: 'beat: previous?.owner === owner ? previous.beat + 1 : 0',
      },
    ],
    caughtBy: { test: 'core/crossing.test.ts' },
  },
  {
    name: 'an intent of a later attempt counts as that of the turn before',
    edits: [
      {
        file: 'core/turn.ts',
        find: 'return record.intent.beat >= beat && record.intent.beat <= this.#lastBeat',
        replace: 'return true',
      },
    ],
    caughtBy: { test: 'core/crossing.test.ts' },
  },
  {
    name: 'an answer without an access token is told to nobody',
    edits: [
      {
        file: 'core/renewal.ts',
        find: 'hasMovedOn && intentOf(record)?.owner !== rival.owner',
        replace: 'hasMovedOn',
      },
    ],
    caughtBy: { test: 'core/strange-answers.test.ts' },
  },
]
