import type { Mutant } from './mutants.js'

/** Break what stores and those who lean on them do about keys, owners, queues and connections. */
export const mutantsOfStores: readonly Mutant[] = [
  {
    name: 'the client of an MCP session stays sealed with the key of its sign-in',
    edits: [{ file: 'mcp/sign-ins.ts', find: 'if (registration) await this.#rewrite()', replace: '' }],
    caughtBy: { test: 'mcp/stores.test.ts' },
  },
  {
    name: 'the client of an MCP session is sealed anew by one attempt or never',
    edits: [
      { file: 'mcp/sign-ins.ts', find: '.catch(() => (this.#rewriting = undefined))', replace: '.catch(() => 0)' },
    ],
    caughtBy: { test: 'mcp/stores.test.ts' },
  },
  {
    name: 'signing out of an MCP session leaves what no key opens',
    edits: [{ file: 'mcp/session.ts', find: 'await this.signIns.discardSealed()', replace: '' }],
    caughtBy: { test: 'mcp/stores.test.ts' },
  },
  {
    name: 'a client registered by hand cannot sign in where the key of its last session is lost',
    edits: [{ file: 'mcp/session.ts', find: 'await this.#discardSealed(opened.manager)', replace: '' }],
    caughtBy: { test: 'mcp/stores.test.ts' },
  },
  {
    name: 'an MCP client that signed out signs in as a client that may be forgotten',
    edits: [{ file: 'mcp/session.ts', find: 'await this.signIns.giveUp()', replace: '' }],
    caughtBy: { test: 'mcp/forgotten.test.ts' },
  },
  {
    name: 'an MCP client that was refused is remembered by the next process',
    edits: [{ file: 'mcp/auth-provider.ts', find: 'await this.session.signIns.giveUp(refused)', replace: 'return' }],
    caughtBy: { test: 'mcp/forgotten.test.ts' },
  },
  {
    name: 'an MCP client is given up because of another one',
    edits: [{ file: 'mcp/auth-provider.ts', find: 'signIns.giveUp(refused)', replace: 'signIns.giveUp()' }],
    caughtBy: { test: 'mcp/forgotten.test.ts' },
  },
  {
    name: 'giving up the tokens of an MCP session gives up its client',
    edits: [
      {
        file: 'mcp/auth-provider.ts',
        find: "if (scope === 'all' || scope === 'client') await",
        replace: 'await',
      },
    ],
    caughtBy: { test: 'mcp/forgotten.test.ts' },
  },
  {
    name: 'an MCP client that was given up takes its session with it',
    edits: [
      {
        file: 'mcp/sign-ins.ts',
        find: 'recordOf({ ...content, isGivenUp: true })',
        replace: 'recordOf({ ...content, registration: undefined })',
      },
    ],
    caughtBy: { test: 'mcp/forgotten.test.ts' },
  },
  {
    name: 'a process that was sent to an error page stays with its client',
    edits: [
      {
        file: 'mcp/auth-provider.ts',
        find: 'clients.find((client) => client && !useless.includes(client.client_id))',
        replace: 'this.#begun ? this.#begun.client : useless.includes(clients[1]?.client_id) ? undefined : clients[1]',
      },
    ],
    caughtBy: { test: 'mcp/forgotten.test.ts' },
  },
  {
    name: 'an MCP client that was given up is of no use for the code that comes then',
    edits: [{ file: 'mcp/auth-provider.ts', find: 'if (this.#answered) return this.#answered.client', replace: '' }],
    caughtBy: { test: 'mcp/forgotten.test.ts' },
  },
  {
    name: 'a client that the store takes late is no longer given up',
    edits: [{ file: 'mcp/sign-ins.ts', find: 'await this.#session.flush()', replace: '' }],
    caughtBy: { test: 'mcp/stores.test.ts' },
  },
  {
    name: 'the client of a sign-in is forgotten when the store fails',
    edits: [
      {
        file: 'mcp/sign-ins.ts',
        find: 'await this.#session.put(change)',
        replace: 'await this.#session.update(change)',
      },
    ],
    caughtBy: { test: 'mcp/stores.test.ts' },
  },
  {
    name: 'ending an MCP session does not wait for the store to take its client',
    edits: [{ file: 'mcp/session.ts', find: 'await handedOver', replace: '' }],
    caughtBy: { test: 'mcp/stores.test.ts' },
  },
  {
    name: 'an MCP session that is opened after its end goes on',
    edits: [{ file: 'mcp/session.ts', find: 'if (this.#isOver) opened.manager.dispose()', replace: '' }],
    caughtBy: { test: 'mcp/stores.test.ts' },
  },
  {
    name: 'an MCP session that is over sends the user to sign in',
    edits: [{ file: 'mcp/session.ts', find: 'if (!opened && this.#isOver) throw', replace: 'if (false) throw' }],
    caughtBy: { test: 'mcp/stores.test.ts' },
  },
  {
    name: 'root takes a session file from its owner',
    edits: [{ file: 'stores/file-replacement.ts', find: 'if (owner) await give(file, owner)', replace: '' }],
    caughtBy: { test: 'stores/file-places.test.ts' },
  },
  {
    name: 'root leaves a lock that only root may break',
    edits: [{ file: 'stores/file-replacement.ts', find: 'if (owner) await giveFolder(draft, owner)', replace: '' }],
    caughtBy: { test: 'stores/file-places.test.ts' },
  },
  {
    name: 'those who write to one file in one process meet at its lock',
    edits: [
      {
        file: 'stores/file.ts',
        find: 'return inTurn(file, () => ',
        replace: 'return ((_: string, work: () => Promise<SwapResult>) => work())(file, () => ',
      },
    ],
    caughtBy: { test: 'stores/file-queue.test.ts' },
  },
  {
    name: 'a file is read once for each who looks',
    edits: [{ file: 'stores/file.ts', find: 'await (reading ??= look())', replace: 'await look()' }],
    caughtBy: { test: 'stores/file-queue.test.ts' },
  },
  {
    name: 'who looks into a file is told by a look that began before',
    edits: [
      {
        file: 'stores/file.ts',
        find: 'reading = undefined\n    return readText(absolute)',
        replace: 'return readText(absolute).finally(() => (reading = undefined))',
      },
    ],
    caughtBy: { test: 'stores/file-queue.test.ts' },
  },
  {
    name: 'a connection that listens is trusted for as long as it says nothing',
    edits: [
      {
        file: 'stores/postgres-notices.ts',
        find: '.then(beatLater, onSilence)',
        replace: '.then(beatLater, beatLater)',
      },
    ],
    caughtBy: { test: 'stores/postgres-notices.test.ts' },
  },
  {
    name: 'a connection is waited for that never comes to its end',
    edits: [{ file: 'stores/postgres-notices.ts', find: 'else client.end?.()', replace: 'else await client.end?.()' }],
    caughtBy: { test: 'stores/postgres-notices.test.ts' },
  },
  {
    name: 'a connection is tried after nobody listens any more',
    edits: [{ file: 'stores/postgres-notices.ts', find: '      endPulse()\n', replace: '' }],
    caughtBy: { test: 'stores/postgres-notices.test.ts' },
  },
  {
    name: 'a session of client credentials that is gone fails the calls that find that out',
    edits: [
      {
        file: 'core/get-tokens.ts',
        find: '(grant.startsSession || !first)',
        replace: '!first',
      },
    ],
    caughtBy: { test: 'oauth/client-credentials.test.ts' },
  },
  {
    name: 'a call gives up when client credentials have begun anew meanwhile',
    edits: [
      { file: 'core/get-tokens.ts', find: 'first.sessionId && !grant.startsSession)', replace: 'first.sessionId)' },
    ],
    caughtBy: { test: 'oauth/client-credentials.test.ts' },
  },
  {
    name: 'a service asks a store that loses everything for ever',
    edits: [{ file: 'core/get-tokens.ts', find: 'if (loads++ > mostSpoiled)', replace: 'if (loads > mostSpoiled)' }],
    caughtBy: { test: 'oauth/client-credentials.test.ts' },
  },
  {
    name: 'two tabs write to Web Storage at the same time',
    edits: [{ file: 'stores/web-storage.ts', find: 'if (locks) {', replace: 'if (false) {' }],
    caughtBy: { test: 'stores/web-storage.test.ts' },
  },
  {
    name: 'a frozen tab lets all others wait for the lock of Web Storage',
    edits: [{ file: 'stores/web-storage.ts', find: 'signal: AbortSignal.timeout(longestLockMs)', replace: '' }],
    caughtBy: { test: 'stores/web-storage.test.ts' },
  },
  {
    name: 'a tab that clears Web Storage signs nobody else out',
    edits: [{ file: 'stores/web-storage.ts', find: ' || event.key === null', replace: '' }],
    caughtBy: { test: 'stores/web-storage.test.ts' },
  },
]
