import type { Mutant } from './mutants.js'

/** Break the rules of pools, and of sessions that start by themselves. */
export const mutantsOfPools: readonly Mutant[] = [
  {
    name: 'a pool closes a session whose tokens the store has not taken',
    edits: [{ file: 'core/pool.ts', find: ' || keeper.isBusy) return', replace: ') return' }],
    caughtBy: { test: 'core/pool.test.ts' },
  },
  {
    name: 'a pool closes a session that it is just about to look after',
    edits: [{ file: 'core/pool.ts', find: ' || looks > 0', replace: '' }],
    caughtBy: { test: 'core/pool.test.ts' },
  },
  {
    name: 'a pool forgets when a session is due once its manager is closed',
    edits: [
      {
        file: 'core/pool.ts',
        find: 'stop: () => void (slot.opened && this.#agenda.cancel(slot)),',
        replace: 'stop: () => this.#agenda.cancel(slot),',
      },
    ],
    caughtBy: { test: 'core/pool.test.ts' },
  },
  {
    name: 'the pace lets everybody go at once',
    edits: [
      {
        file: 'core/pace.ts',
        find: 'while (this.waiting > 0 && this.#startAt() <= now) {',
        replace: 'while (this.waiting > 0) {',
      },
    ],
    caughtBy: { test: 'core/pool.test.ts' },
  },
  {
    name: 'callers wait behind all that nobody waits for',
    edits: [
      {
        file: 'core/pace.ts',
        find: 'this.#queue.findIndex(({ isUrgent }) => isUrgent())',
        replace: 'this.#queue.findIndex(({ isUrgent }) => !isUrgent())',
      },
    ],
    caughtBy: { test: 'core/pool.test.ts' },
  },
  {
    name: 'a caller waits for as long as the session waited for that nobody asked for',
    edits: [
      {
        file: 'core/pace.ts',
        find: 'this.#queue.push({ isUrgent, begin, fail })',
        replace: 'const first = isUrgent(); this.#queue.push({ isUrgent: () => first, begin, fail })',
      },
    ],
    caughtBy: { test: 'core/pool.test.ts' },
  },
  {
    name: 'callers wait for a turn that comes when they have given up',
    edits: [{ file: 'core/pace.ts', find: 'if (queueMs <= longestQueueMs) return', replace: 'return' }],
    caughtBy: { test: 'core/pool.test.ts' },
  },
  {
    name: 'callers wait for the end of a pause that comes when they have given up',
    edits: [
      {
        file: 'core/pace.ts',
        find: 'Math.max(0, this.#startAt() - this.environment.monotonic())',
        replace: '0',
      },
    ],
    caughtBy: { test: 'core/pool-outages.test.ts' },
  },
  {
    name: 'a limit that one session has reached stops all',
    edits: [{ file: 'core/pace.ts', find: 'if (isForAll) this.#pausedUntil', replace: 'this.#pausedUntil' }],
    caughtBy: { test: 'core/pool-outages.test.ts' },
  },
  {
    name: 'a limit that all have reached stops nobody',
    edits: [{ file: 'core/pace.ts', find: ' || (this.#limited ?? key) !== key', replace: '' }],
    caughtBy: { test: 'core/pool-outages.test.ts' },
  },
  {
    name: 'two sessions that have reached a limit stop all, though others got tokens between them',
    edits: [{ file: 'core/pace.ts', find: 'this.#limited = undefined', replace: '' }],
    caughtBy: { test: 'core/pool-outages.test.ts' },
  },
  {
    name: 'a pool lets the store begin to listen with each renewal',
    edits: [{ file: 'core/pool.ts', find: 'this.#unwatch ??=', replace: '' }],
    caughtBy: { test: 'core/pool-stores.test.ts' },
  },
  {
    name: 'a pool that is disposed of waits for nothing more once the store has refused one of its sessions',
    edits: [{ file: 'core/pool.ts', find: 'Promise.allSettled(', replace: 'Promise.all(' }],
    caughtBy: { test: 'core/pool-stores.test.ts' },
  },
  {
    name: 'a pool that is disposed of goes on to listen',
    edits: [{ file: 'core/pool.ts', find: 'this.#unwatch?.()', replace: '' }],
    caughtBy: { test: 'core/pool-stores.test.ts' },
  },
  {
    name: 'a turn in which nothing is sent counts all the same',
    edits: [{ file: 'core/pool.ts', find: 'if (requests === before) giveBack()', replace: '' }],
    caughtBy: { test: 'core/pool.test.ts' },
  },
  {
    name: 'sessions in doubt wait for all that are due',
    edits: [{ file: 'core/pool.ts', find: 'if (slot.isInDoubt) return void this.#tend(slot)', replace: '' }],
    caughtBy: { test: 'core/pool-outages.test.ts' },
  },
  {
    name: 'at their turn, sessions in doubt are no more urgent than others',
    edits: [{ file: 'core/pool.ts', find: 'slot.isInDoubt || isAwaited()', replace: 'isAwaited()' }],
    caughtBy: { test: 'core/pool-outages.test.ts' },
  },
  {
    name: 'a pool that is disposed of goes on with what waits for its turn',
    edits: [{ file: 'core/pool.ts', find: 'this.#pace.end()', replace: '' }],
    caughtBy: { test: 'core/pool.test.ts' },
  },
  {
    name: 'a pool goes on at full pace while the server fails',
    edits: [{ file: 'core/pace.ts', find: 'this.#perSecond / 2)', replace: 'this.#perSecond)' }],
    caughtBy: { test: 'core/pool-outages.test.ts' },
  },
  {
    name: 'a pool does not heed when the server wants to be asked again',
    edits: [
      {
        file: 'core/pace.ts',
        find: 'return Math.max(this.#nextAt, this.#pausedUntil)',
        replace: 'return this.#nextAt',
      },
    ],
    caughtBy: { test: 'core/pool-outages.test.ts' },
  },
  {
    name: 'a pool asks a store that is down as fast as it fails',
    edits: [{ file: 'core/pool.ts', find: 'if (!keeper.session.isKnown) await', replace: 'if (false) await' }],
    caughtBy: { test: 'core/pool.test.ts' },
  },
  {
    name: 'the agenda loses the order of its appointments',
    edits: [{ file: 'core/agenda.ts', find: 'right.dueAt < left.dueAt ? right : left', replace: 'left' }],
    caughtBy: { test: 'core/agenda.test.ts' },
  },
  {
    name: 'each manager starts a session of its own with client credentials',
    edits: [
      {
        file: 'core/sign-in-out.ts',
        find: "stored?.state === 'live' ? undefined : { ...base",
        replace: 'false ? undefined : { ...base',
      },
    ],
    caughtBy: { test: 'oauth/client-credentials.test.ts' },
  },
  {
    name: 'a refusal ends a session of client credentials',
    edits: [{ file: 'oauth/client-credentials.ts', find: '.catch(refused)', replace: '' }],
    caughtBy: { test: 'oauth/client-credentials.test.ts' },
  },
  {
    name: 'a session that was opened anew is closed for the one before',
    edits: [{ file: 'core/pool.ts', find: 'slot.opened !== opened || ', replace: '' }],
    caughtBy: { test: 'core/pool-stores.test.ts' },
  },
  {
    name: 'a session whose renewal is refused is forgotten',
    edits: [{ file: 'core/pool.ts', find: 'if (isStuck && !this.#isOver) ', replace: 'if (isStuck && this.#isOver) ' }],
    caughtBy: { test: 'core/pool-stores.test.ts' },
  },
  {
    name: 'a pool goes on at full pace against a firewall',
    edits: [{ file: 'core/pool.ts', find: ' || isWordless(failure)) this.#pace', replace: ') this.#pace' }],
    caughtBy: { test: 'core/strange-answers.test.ts' },
  },
]
