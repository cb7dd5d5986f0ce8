import type { Mutant } from './mutants.js'

/** Break what a page relies on: pictures of its session that stay the same, and looks when it may have slept. */
export const mutantsOfPages: readonly Mutant[] = [
  {
    name: 'a picture of the session is a new one though it shows the same',
    edits: [{ file: 'core/view.ts', find: 'if (isSameSnapshot(next, this.snapshot)) return', replace: '' }],
    caughtBy: { test: 'core/view.test.ts' },
  },
  {
    name: 'a picture of the session stays the same though its token lives longer by now',
    edits: [
      { file: 'core/snapshot.ts', find: "name === 'identity' ||", replace: "name !== 'status' && name !== 'error' ||" },
    ],
    caughtBy: { test: 'core/view.test.ts' },
  },
  {
    name: 'a page that comes back from the back/forward cache trusts its timers',
    edits: [{ file: 'signals/wake.ts', find: 'event.persisted !== false', replace: 'event.persisted === undefined' }],
    caughtBy: { test: 'signals/wake.test.ts' },
  },
  {
    name: 'a page that was just loaded looks into the store twice',
    edits: [{ file: 'signals/wake.ts', find: ' && event.persisted !== false', replace: '' }],
    caughtBy: { test: 'signals/wake.test.ts' },
  },
]
