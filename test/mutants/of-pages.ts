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
    edits: [{ file: 'signals/wake.ts', find: 'persisted === false', replace: 'persisted !== undefined' }],
    caughtBy: { test: 'signals/wake.test.ts' },
  },
  {
    name: 'a page that was just loaded looks into the store twice',
    edits: [{ file: 'signals/wake.ts', find: ' || persisted === false', replace: '' }],
    caughtBy: { test: 'signals/wake.test.ts' },
  },
  {
    name: 'a page that is back online waits as long as for a server in trouble',
    edits: [{ file: 'core/keeper.ts', find: 'isBackOnline ? this.#hurry() : undefined', replace: 'undefined' }],
    caughtBy: { test: 'core/online.test.ts' },
  },
  {
    name: 'a page that is back online does not wait for what the server has asked for',
    edits: [
      {
        file: 'core/keeper.ts',
        find: "failure?.code !== 'unavailable' || failure.status !== undefined",
        replace: "failure?.code !== 'unavailable'",
      },
    ],
    caughtBy: { test: 'core/online.test.ts' },
  },
  {
    name: 'a page that is back online takes no heed of what another has been asked for',
    edits: [{ file: 'core/keeper.ts', find: 'stored.intent?.owner !== this.owner', replace: '!stored.intent' }],
    caughtBy: { test: 'core/online.test.ts' },
  },
  {
    name: 'a network that comes and goes causes a request each time',
    edits: [{ file: 'core/keeper.ts', find: 'now - intent.pause.from < shortestHurryMs', replace: 'false' }],
    caughtBy: { test: 'core/online.test.ts' },
  },
  {
    name: 'a page leaves for the sign-in under a renewal of its own',
    edits: [
      { file: 'flows/redirect.ts', find: 'await bounded(tokens[settled]()).catch(() => undefined)', replace: '' },
    ],
    caughtBy: { test: 'flows/requests.test.ts' },
  },
  {
    name: 'a page that is back online believes a refusal too soon',
    edits: [
      { file: 'core/keeper.ts', find: '!intent.pause || intent.isRefused || now', replace: '!intent.pause || now' },
    ],
    caughtBy: { test: 'core/online.test.ts' },
  },
  {
    name: 'an effect that runs twice asks twice what has become of a redirect',
    edits: [
      {
        file: 'flows/redirect.ts',
        find: 'return oneAtATime(underWay, tokens, () => finish(tokens))',
        replace: 'return finish(tokens)',
      },
    ],
    caughtBy: { test: 'flows/callback.test.ts' },
  },
  {
    name: 'the address of a callback page is cleaned after its state was looked up',
    edits: [
      {
        file: 'flows/redirect.ts',
        find: "  history.replaceState(history.state, '', url)\n  const pending = take(tokens, answer.get('state'))",
        replace: "  const pending = take(tokens, answer.get('state'))\n  history.replaceState(history.state, '', url)",
      },
    ],
    caughtBy: { test: 'flows/callback.test.ts' },
  },
  {
    name: 'a callback page throws away what a router keeps in the history',
    edits: [{ file: 'flows/redirect.ts', find: 'replaceState(history.state,', replace: 'replaceState(null,' }],
    caughtBy: { test: 'flows/callback.test.ts' },
  },
  {
    name: 'a first token lives for as long as its answer took beyond its end',
    edits: [{ file: 'flows/redirect.ts', find: 'receivedAt: sentAt, ', replace: '' }],
    caughtBy: { test: 'flows/callback.test.ts' },
  },
  {
    name: 'a caller chooses a response_mode whose answer no page can read',
    edits: [{ file: 'oauth/authorization-code.ts', find: '    response_mode: undefined,\n', replace: '' }],
    caughtBy: { test: 'flows/requests.test.ts' },
  },
  {
    name: 'who signs out is not led to the server where sessionStorage cannot be written',
    edits: [
      {
        file: 'flows/sign-out.ts',
        find: '  } catch {\n    // Then the page that the user comes back to does not know why.\n  }',
        replace: '  } finally {\n    void state\n  }',
      },
    ],
    caughtBy: { test: 'flows/leaving.test.ts' },
  },
]
