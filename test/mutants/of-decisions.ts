import type { Mutant } from './mutants.js'

/** Break the rules of who is signed in: what was decided last stands. */
export const mutantsOfDecisions: readonly Mutant[] = [
  {
    name: 'whoever is signed in by a listener is signed out again',
    edits: [
      {
        file: 'core/manager.ts',
        find: 'session.hold(next, change)',
        replace: '(session.hold(next, change), view.deliver())',
      },
    ],
    caughtBy: { test: 'core/decisions.test.ts' },
  },
  {
    name: 'tokens that are set unless somebody is signed in bring back who was signed out',
    edits: [
      { file: 'core/manager.ts', find: 'unlessSignedIn ? overBy(session)', replace: 'unlessSignedIn ? () => false' },
    ],
    caughtBy: { test: 'core/unless-signed-in.test.ts' },
  },
  {
    name: 'tokens that are set unless somebody is signed in take the place of whoever signed in before another session ended',
    edits: [
      {
        file: 'core/sign-in-out.ts',
        find: "if (record.state === 'ended') return record.sessionId === sessionId && record.generation === generation",
        replace: '',
      },
    ],
    caughtBy: { test: 'core/unless-signed-in-held.test.ts' },
  },
  {
    name: 'a second sign-out forgets what the first one knew of a session that the store may take late',
    edits: [
      {
        file: 'core/manager.ts',
        find: 'signOut(tombstone, now, note, isHeld)',
        replace: "signOut(tombstone, now, note, isHeld && known?.state === 'live')",
      },
    ],
    caughtBy: { test: 'core/decisions.test.ts' },
  },
  {
    name: 'a sign-out leaves the store to a sign-in that it may still take',
    edits: [
      {
        file: 'core/sign-in-out.ts',
        find: 'return isUntaken && stored?.sessionId !== tombstone.sessionId ? tombstone : undefined',
        replace: 'return undefined',
      },
    ],
    caughtBy: { test: 'core/decisions.test.ts' },
  },
]
