import type { Mutant } from './mutants.js'

/** Break the rules of what an answer, the time or a failing store means. */
export const mutantsOfOutcomes: readonly Mutant[] = [
  {
    name: 'a request that left is given up: its late answer is dropped',
    edits: [{ file: 'core/renewal.ts', find: 'if (isLate) await install', replace: 'if (false) await install' }],
    caughtBy: { test: 'core/trouble.test.ts' },
  },
  {
    name: 'the old refresh token is kept after a rotation',
    edits: [
      {
        file: 'core/outcome.ts',
        find: 'refreshToken: answer.refreshToken ?? record.refreshToken',
        replace: 'refreshToken: record.refreshToken',
      },
    ],
    caughtBy: { policy: 'grace' },
  },
  {
    name: 'the refresh token is forgotten when the answer leaves it out',
    edits: [
      {
        file: 'core/outcome.ts',
        find: 'refreshToken: answer.refreshToken ?? record.refreshToken',
        replace: 'refreshToken: answer.refreshToken',
      },
    ],
    caughtBy: { policy: 'omit' },
  },
  {
    name: 'a renewal brings back what was revoked while it was under way',
    edits: [
      { file: 'core/outcome.ts', find: '...successor(turn, stored, answer, sentAt, pause),', replace: '...next,' },
    ],
    caughtBy: { test: 'flows/revoke-under-way.test.ts' },
  },
  {
    name: 'tokens are announced before they are stored',
    edits: [
      {
        file: 'core/outcome.ts',
        find: 'parts.view.report(await parts.session.put(',
        replace:
          'parts.session.hold(next, (stored) => (turn.isFor(stored) ? next : undefined))\n  parts.view.report(await parts.session.put(',
      },
    ],
    caughtBy: { policy: 'none' },
  },
  {
    name: 'timers are trusted: a token counts as fresh until one fires',
    edits: [
      {
        file: 'core/view.ts',
        find: 'return lifetime !== undefined && lifetime.untilDue() > 0',
        replace: 'return lifetime !== undefined',
      },
    ],
    caughtBy: { policy: 'none' },
  },
  {
    name: 'the wall clock alone decides',
    edits: [
      {
        file: 'core/lifetime.ts',
        find: 'end = Math.min(end, now + monotonicEnd - environment.monotonic())',
        replace: '',
      },
    ],
    caughtBy: { test: 'core/clock.test.ts' },
  },
  {
    name: 'a lifetime is taken as the server says it, whatever it is',
    edits: [
      {
        file: 'core/token-response.ts',
        find: "typeof seconds === 'number' && seconds >= 1 && seconds <= tenYearsInSeconds",
        replace: "typeof seconds === 'number'",
      },
    ],
    caughtBy: { test: 'oauth/success.test.ts' },
  },
  {
    name: 'an access token that the server gives again keeps its old lifetime',
    edits: [{ file: 'core/record.ts', find: ' && token?.obtainedAt === other?.obtainedAt', replace: '' }],
    caughtBy: { test: 'oauth/success.test.ts' },
  },
  {
    name: 'the monotonic clock alone decides',
    edits: [
      {
        file: 'core/lifetime.ts',
        find: 'return end - now',
        replace: 'return monotonicEnd - environment.monotonic()',
      },
    ],
    caughtBy: { test: 'core/clock.test.ts' },
  },
  {
    name: 'timers are set as far ahead as the server says',
    edits: [
      {
        file: 'core/schedule.ts',
        find: 'Math.max(shortestMs, Math.min(ms, longestMs))',
        replace: 'Math.max(shortestMs, ms)',
      },
    ],
    caughtBy: { test: 'core/clock.test.ts' },
  },
  {
    name: 'any failure ends the session',
    edits: [
      {
        file: 'core/renewal.ts',
        find: "return code === 'login_required' && error === 'invalid_grant'",
        replace: "return code !== 'aborted' && error !== ''",
      },
    ],
    caughtBy: { policy: 'none' },
  },
  {
    name: 'invalid_grant is believed when it comes with 429',
    edits: [{ file: 'oauth/answer.ts', find: '[408, 425, 429]', replace: '[408, 425]' }],
    caughtBy: { policy: 'none' },
  },
  {
    name: 'tokens are spent although the store refused the intent',
    edits: [
      {
        file: 'core/turn.ts',
        find: 'const won = await session.update(arm)',
        replace: 'const won = await session.update(arm).catch(() => true)',
      },
      {
        file: 'core/turn.ts',
        find: 'if (this.isOurs()) return',
        replace: 'return',
      },
    ],
    caughtBy: { test: 'core/store.test.ts' },
  },
  {
    name: 'tokens that the store refused are forgotten',
    edits: [{ file: 'core/session.ts', find: 'if (record) this.hold(record, change)', replace: '' }],
    caughtBy: { test: 'core/store.test.ts' },
  },
  {
    name: 'a renewal that the store refused takes the place of a sign-out or sign-in',
    edits: [{ file: 'core/session.ts', find: 'change(this.record)', replace: 'change(this.#stored?.record)' }],
    caughtBy: { test: 'core/store.test.ts' },
  },
  {
    name: 'retries come without a pause',
    edits: [{ file: 'core/backoff.ts', find: 'step * (0.5 + random / 2)', replace: '0 * step * random' }],
    caughtBy: { test: 'core/trouble.test.ts' },
  },
  {
    name: 'a lost answer is retried as slowly as a refusal',
    edits: [
      {
        file: 'core/outcome.ts',
        find: 'isSent && isUnclear(failure)',
        replace: 'isSent && isUnclear(failure) && false',
      },
      { file: 'core/outcome.ts', find: 'isSent && !inDoubt ? 1 : turn.intent.attempt', replace: 'turn.intent.attempt' },
      {
        file: 'core/turn.ts',
        find: 'isSettled ? previous.attempt + 1 : 1',
        replace: '(previous?.attempt ?? 0) + 1',
      },
    ],
    caughtBy: { test: 'core/retries.test.ts' },
  },
  {
    name: 'calls wait for as long as it takes',
    edits: [
      {
        file: 'core/waiting-room.ts',
        find: 'endsAt - this.environment.monotonic()',
        replace: '1e9 + 0 * endsAt',
      },
    ],
    caughtBy: { policy: 'none' },
  },
  {
    name: 'listeners are called while the lock is held',
    edits: [
      {
        file: 'core/keeper.ts',
        find: 'if (!this.flight.isFlying()) void Promise.resolve().then(() => this.view.deliver())',
        replace: 'this.view.deliver()',
      },
    ],
    caughtBy: { test: 'core/listeners.test.ts' },
  },
  {
    name: 'the ID token is checked before the refresh token is safe, and its failure loses both',
    edits: [
      {
        file: 'core/outcome.ts',
        find: 'if (verdict.someoneElse) return end',
        replace: "throw new EvergrantError('unavailable', 'bad ID token')\n    if (verdict.someoneElse) return end",
      },
    ],
    caughtBy: { test: 'oauth/id-token.test.ts' },
  },
  {
    name: 'tokens that a store refuses with another code than storage_failed are not kept',
    edits: [
      {
        file: 'core/session.ts',
        find: '(only && error.code !== only)',
        replace: "error.code !== 'storage_failed'",
      },
    ],
    caughtBy: { test: 'core/asking-stores.test.ts' },
  },
  {
    name: 'a manager that ends offers its last tokens to the store once',
    edits: [{ file: 'core/manager.ts', find: 'session.handOver()', replace: 'session.flush()' }],
    caughtBy: { test: 'core/farewell.test.ts' },
  },
  {
    name: 'what a store says of tokens that are offered again stops renewals for good',
    edits: [
      {
        file: 'core/session.ts',
        find: "throw isEvergrantError(error) ? new EvergrantError('storage_failed', error.message) : error",
        replace: 'throw error',
      },
    ],
    caughtBy: { test: 'core/asking-stores.test.ts' },
  },
  {
    name: 'a page of a balancer ends renewals in the background',
    edits: [
      {
        file: 'core/flight.ts',
        find: ' || isWordless(this.failure)',
        replace: '',
      },
    ],
    caughtBy: { test: 'core/strange-answers.test.ts' },
  },
  {
    name: 'a late answer is stored without the distance from the request that took its place',
    edits: [
      { file: 'core/outcome.ts', find: ' || !turn.isMarkedIn(stored)) && { spacing }', replace: ') && { spacing }' },
    ],
    caughtBy: { test: 'core/crossing.test.ts' },
  },
  {
    name: 'a refusal ends the session under the hands of whoever has taken over',
    edits: [{ file: 'core/outcome.ts', find: "reason === 'someone_else' || turn.isMarkedIn(stored)", replace: 'true' }],
    caughtBy: { test: 'core/crossing.test.ts' },
  },
  {
    name: 'a renewal of the old session fails the new one',
    edits: [
      { file: 'core/renewal.ts', find: 'if (!isMoot || !isEvergrantError(error)) throw error', replace: 'throw error' },
    ],
    caughtBy: { test: 'core/crossing.test.ts' },
  },
  {
    name: 'a resource that is refused leaves a mark that looks like a dead holder',
    edits: [
      {
        file: 'core/outcome.ts',
        find: '(isForNothing || (isOfItsKind && !isUnclear(failure)))',
        replace: 'isForNothing',
      },
    ],
    caughtBy: { test: 'core/token-kinds.test.ts' },
  },
  {
    name: 'who renews only when asked does not look again when the store could not be read',
    edits: [{ file: 'core/keeper.ts', find: '(this.#isActive || record)', replace: 'this.#isActive' }],
    caughtBy: { test: 'core/notice.test.ts' },
  },
  {
    name: 'a store that works again goes on to show as trouble until the next renewal',
    edits: [
      {
        file: 'core/keeper.ts',
        find: '&& this.view.isFresh()) this.flight.reset()',
        replace: '&& false) this.flight.reset()',
      },
    ],
    caughtBy: { test: 'core/asking-stores.test.ts' },
  },
]
