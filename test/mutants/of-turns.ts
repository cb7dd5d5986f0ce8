import type { Mutant } from './mutants.js'

/** Break the rules of who may send, and of who may write. */
export const mutantsOfTurns: readonly Mutant[] = [
  {
    name: 'no second look inside the lock: renews although another holder just did',
    edits: [
      {
        file: 'core/turn.ts',
        find: 'if (record.generation > need.previous.generation && need.isFresh()) return undefined',
        replace: '',
      },
    ],
    caughtBy: { policy: 'none' },
  },
  {
    name: 'blind write: after a conflict the same record is written again',
    edits: [
      {
        file: 'core/session.ts',
        find: 'const next = change(current)\n',
        replace: 'const next = (change.blind ??= change(current))\n',
      },
    ],
    caughtBy: { policy: 'none' },
  },
  {
    name: 'lock without intent: sends without leaving a mark',
    edits: [
      {
        file: 'core/turn.ts',
        find: 'const won = await session.update(arm)',
        replace: 'const won = true',
      },
      {
        file: 'core/turn.ts',
        find: 'if (this.isOurs()) return',
        replace: 'return',
      },
    ],
    caughtBy: { policy: 'strict' },
  },
  {
    name: 'the intent of another holder is not respected',
    edits: [{ file: 'core/turn.ts', find: 'if (!rival.isAtWork(record)) {', replace: 'if (true) {' }],
    caughtBy: { policy: 'none' },
  },
  {
    name: 'the turn is not checked before the request leaves',
    edits: [
      {
        file: 'core/turn.ts',
        find: 'if (this.isOurs()) return',
        replace: 'return',
      },
    ],
    caughtBy: { policy: 'strict' },
  },
  {
    name: 'whoever takes over does not look again whether there was something to store',
    edits: [
      {
        file: 'core/turn.ts',
        find: '(await turn.#isUncontested())',
        replace: 'true',
      },
    ],
    caughtBy: { test: 'core/handover.test.ts' },
  },
  {
    name: 'intents stand still while their owner waits',
    edits: [{ file: 'core/turn.ts', find: 'this.#beatLater()\n  }\n\n  get', replace: '}\n\n  get' }],
    caughtBy: { test: 'core/trouble.test.ts' },
  },
  {
    name: 'invalid_grant ends whatever is there, not the generation it was said of',
    edits: [
      {
        file: 'core/turn.ts',
        find: 'return lineageOf(record) === lineageOf(this.record)',
        replace: "return record?.state === 'live' && record.sessionId === this.record.sessionId",
      },
      { file: 'core/outcome.ts', find: "reason === 'someone_else' || turn.isMarkedIn(stored)", replace: 'true' },
      { file: 'core/session.ts', find: 'assertSuccession(current, next)', replace: '' },
    ],
    caughtBy: { test: 'core/session.test.ts' },
  },
  {
    name: 'the answer for one account is written into another',
    edits: [
      {
        file: 'core/turn.ts',
        find: 'return lineageOf(record) === lineageOf(this.record)',
        replace: "return record?.state === 'live' && record.generation === this.record.generation",
      },
    ],
    caughtBy: { policy: 'none' },
  },
  {
    name: 'the intent is dropped when a request is left unanswered',
    edits: [
      {
        file: 'core/outcome.ts',
        find: '(turn.isMarkedIn(stored) ? { ...stored, intent } : undefined)',
        replace: '(turn.isMarkedIn(stored) ? { ...stored, intent: undefined } : undefined)',
      },
    ],
    caughtBy: { policy: 'grace' },
  },
  {
    name: 'doubt is left behind: nobody looks after the intent of a dead holder',
    edits: [
      {
        file: 'core/keeper.ts',
        find: '(!this.view.isFresh() || record.intent !== undefined)',
        replace: '!this.view.isFresh()',
      },
      { file: 'core/keeper.ts', find: 'intent ? untilRetry : (', replace: '(' },
    ],
    caughtBy: { policy: 'grace' },
  },
  {
    name: 'rotations keep no distance from a request that may be late',
    edits: [
      {
        file: 'core/turn.ts',
        find: '(mayKeepDistance ? spacing : undefined)',
        replace: '(mayKeepDistance && false ? spacing : undefined)',
      },
    ],
    caughtBy: { test: 'core/trouble.test.ts' },
  },
  {
    name: 'sign-out by delete: no tombstone',
    edits: [
      {
        file: 'core/session.ts',
        find: 'this.store.swap(this.key, this.#stored?.revision, next)',
        replace: "this.store.swap(this.key, this.#stored?.revision, next.state === 'signed_out' ? undefined : next)",
      },
    ],
    caughtBy: { test: 'core/session.test.ts' },
  },
  {
    name: 'invalid_grant is believed at once',
    edits: [
      {
        file: 'core/outcome.ts',
        find: 'if (turn.intent.isRefused) return end',
        replace: 'if (turn.intent.inDoubt) return end',
      },
    ],
    caughtBy: { test: 'core/session.test.ts' },
  },
  {
    name: 'a refusal is forgotten when its holder dies',
    edits: [{ file: 'core/turn.ts', find: 'isRefused: previous?.isRefused', replace: 'isRefused: undefined' }],
    caughtBy: { test: 'core/session.test.ts' },
  },
  {
    name: 'a request that was given up before it left is sent all the same',
    edits: [{ file: 'core/renewal.ts', find: 'if (isLate) throw unanswered()', replace: '' }],
    caughtBy: { test: 'core/trouble.test.ts' },
  },
  {
    name: 'a turn is counted on the monotonic clock alone, which stands still while the machine sleeps',
    edits: [
      {
        file: 'core/turn.ts',
        find: ' leaseLeft = countdown(environment, environment.now() + sendingMs)',
        replace:
          'const leaseFrom = environment.monotonic()\nleaseLeft = () => sendingMs - (environment.monotonic() - leaseFrom)',
      },
    ],
    caughtBy: { test: 'core/trouble.test.ts' },
  },
  {
    name: 'a renewal that is stored throws away the sign-in or sign-out that waits to be',
    edits: [
      {
        file: 'core/session.ts',
        find: 'if (next()) this.#release()',
        replace: 'this.#release()',
      },
    ],
    caughtBy: { test: 'core/decisions.test.ts' },
  },
  {
    name: 'whoever failed is as quick as the others, and takes their turns',
    edits: [{ file: 'core/flight.ts', find: ' + courtesyMs', replace: '' }],
    caughtBy: { test: 'core/courtesy.test.ts' },
  },
  {
    name: 'a hidden page renews by itself',
    edits: [{ file: 'core/keeper.ts', find: 'this.#parts.isHidden?.() === true', replace: 'false' }],
    caughtBy: { test: 'core/hidden.test.ts' },
  },
  {
    name: 'a hidden page leaves a renewal in doubt alone',
    edits: [{ file: 'core/keeper.ts', find: '!isUnderWay && ', replace: '' }],
    caughtBy: { test: 'core/hidden.test.ts' },
  },
  {
    name: 'a holder whose store fails while it takes over goes on marking its turn for ever',
    edits: [
      {
        file: 'core/turn.ts',
        find: 'if (!isOurs) this.end()',
        replace: 'if (!this.isMarkedIn(this.session.record)) this.end()',
      },
    ],
    caughtBy: { test: 'core/handover.test.ts' },
  },
  {
    name: 'each call has a look of its own into a slow store',
    edits: [
      {
        file: 'core/session.ts',
        find: 'this.#reading ??= this.#afterOthers',
        replace: 'this.#reading = this.#afterOthers',
      },
    ],
    caughtBy: { test: 'core/asking-stores.test.ts' },
  },
  {
    name: 'the mark of a dead holder ends the pause after a failed write',
    edits: [
      {
        file: 'core/keeper.ts',
        find: " && this.flight.failure?.code !== 'storage_failed'",
        replace: '',
      },
    ],
    caughtBy: { test: 'core/asking-stores.test.ts' },
  },
  {
    name: 'a lifetime is counted from a later look at the clock than the one that gave its length',
    edits: [
      {
        file: 'core/lifetime.ts',
        find: 'const end = Math.min(obtainedAt, environment.now()) + span',
        replace:
          'const left = Math.min(obtainedAt - environment.now(), 0) + span\nconst end = environment.now() + left',
      },
    ],
    caughtBy: { test: 'core/clock.test.ts' },
  },
  {
    name: 'a pause is counted on the monotonic clock alone, which stands still while the machine sleeps',
    edits: [
      {
        file: 'core/flight.ts',
        find: 'this.#pauseLeft = countdown(this.environment, retryAt)',
        replace:
          'const endsAt = this.environment.monotonic() + retryAt - now()\nthis.#pauseLeft = () => endsAt - this.environment.monotonic()',
      },
    ],
    caughtBy: { test: 'core/clock.test.ts' },
  },
  {
    name: 'a takeover whose second look failed is taken for confirmed',
    edits: [
      {
        file: 'core/turn.ts',
        find: 'if (rival.contested === lineageOf(record) && !',
        replace: 'if (isUnsettled(record, rival.owner) && !',
      },
    ],
    caughtBy: { test: 'core/handover.test.ts' },
  },
  {
    name: 'a renewal that waits for its turn is begun though its manager has ended',
    edits: [
      { file: 'core/turn.ts', find: 'if (need.isOver()) throw', replace: 'if (need.previous.generation === -2) throw' },
    ],
    caughtBy: { test: 'core/farewell.test.ts' },
  },
]
