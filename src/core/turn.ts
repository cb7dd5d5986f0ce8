import { pauseLeft } from './backoff.js'
import { sleep, type Environment } from './environment.js'
import { EvergrantError } from './errors.js'
import { countdown } from './lifetime.js'
import { intentOf, lineageOf, type Intent, type LiveRecord, type StoredRecord } from './record.js'
import type { RenewalParts } from './renewal.js'
import { requireLive, type Session } from './session.js'
import type { TokenKind } from './token-kind.js'

/** An intent that has stood still for this long has a dead owner. Every observer counts it on a clock of its own. */
const leaseMs = 6000
const beatMs = leaseMs / 3
/** When a beat is late enough to tell others of it. Who is well, and so is its store, beats before and is not disturbed. */
const firstShareMs = 2500
/** How often it is told from then on. */
const shareMs = 1000
/** Others wait for a whole lease; half of one leaves the request the time to leave. */
const sendingMs = leaseMs / 2
/** Longer than it takes a holder to offer what it holds to the store again, and shorter than half a lease. */
const handoverMs = 750
const longestWaitMs = 15_000
const shortestPollMs = 50
const longestPollMs = 500

/** A record that somebody is renewing, or was. */
type MarkedRecord = LiveRecord & { readonly intent: Intent }

/** What a renewal is for. */
export interface Need {
  /** What the access token is for. */
  readonly kind: TokenKind
  /** The record whose token will not do. */
  readonly previous: LiveRecord
  /** Whether the newest tokens this holder knows can be used and are not due yet. */
  isFresh(): boolean
  /** Whether a server refused the token although it is fresh. */
  readonly isRejected: boolean
  /** Whether the holder has ended since. Then nothing more is begun. */
  isOver(): boolean
}

/**
 * The right of one holder to spend the refresh token of one generation. It lasts while the holder's intent is in the
 * record and keeps moving.
 */
export class Turn {
  #isOver = false
  /** The highest number of a beat of this turn. */
  #lastBeat: number
  #cancelBeat: (() => void) | undefined

  private constructor(
    private readonly session: Session,
    private readonly environment: Environment,
    /** The record with this holder's intent in it. */
    readonly record: MarkedRecord,
    /** What it was taken for. */
    readonly need: Need,
    private leaseLeft: () => number,
  ) {
    this.#lastBeat = record.intent.beat
    this.#beatLater()
  }

  get intent(): Intent {
    return this.record.intent
  }

  /**
   * Waits until nobody else is renewing, then writes this holder's intent into the record. Resolves to `undefined` when
   * somebody else has met the need meanwhile: then nothing is to be sent.
   */
  static async take(parts: RenewalParts, need: Need): Promise<Turn | undefined> {
    const { session, environment, rival } = parts
    const giveUpAt = environment.monotonic() + longestWaitMs
    let hasLooked = false
    for (let pollMs = shortestPollMs; ; pollMs = Math.min(pollMs * 1.5, longestPollMs)) {
      await session.flush()
      if (need.isOver()) throw new EvergrantError('aborted', 'the manager was disposed of before its turn came')
      const record = requireLive(session.record)
      if (record.sessionId !== need.previous.sessionId) return undefined
      if (record.generation > need.previous.generation && need.isFresh()) return undefined
      const waitMs = mustWait(record, need, environment)
      if (waitMs > 0 && hasLooked) throw new Postponed(environment.now() + waitMs)
      if (waitMs > 0) {
        hasLooked = true
        await session.read()
        continue
      }
      if (environment.monotonic() > giveUpAt) {
        throw new EvergrantError('unavailable', 'another holder of this session is taking long to renew it')
      }
      if (!rival.isAtWork(record)) {
        const turn = await Turn.#arm(parts, need, record)
        if (turn) return turn
        continue
      }
      await rival.share(session)
      const untilLook = pollMs * (0.5 + environment.random())
      await sleep(environment, Math.min(untilLook, rival.untilNews(session.record)))
      await session.read()
    }
  }

  /** Writes an intent of this holder into `record`. Resolves to `undefined` when somebody else was faster, or turns up. */
  static async #arm(
    { session, environment, rival }: RenewalParts,
    need: Need,
    record: LiveRecord,
  ): Promise<Turn | undefined> {
    if (isUnsettled(record, rival.owner)) rival.contested = lineageOf(record)
    const armed = { ...record, intent: nextIntent(record.intent, rival) }
    let leaseLeft = (): number => 0
    const arm = (stored: StoredRecord | undefined): LiveRecord | undefined => {
      leaseLeft = countdown(environment, environment.now() + sendingMs)
      return stored === record ? armed : undefined
    }
    const won = await session.update(arm)
    if (!won) return undefined
    const turn = new Turn(session, environment, armed, need, leaseLeft)
    if (rival.contested === lineageOf(record) && !(await turn.#isUncontested())) return undefined
    rival.contested = undefined
    return turn
  }

  /**
   * Whether the owner of the intent before has nothing to store. It may be alive and have the next refresh token in its hands, kept
   * from writing by a store that works again only now: then it writes before this is over.
   */
  async #isUncontested(): Promise<boolean> {
    let isOurs = false
    try {
      await sleep(this.environment, handoverMs)
      await this.session.read()
      isOurs = this.isMarkedIn(this.session.record)
    } finally {
      if (!isOurs) this.end()
    }
    return isOurs
  }

  /** Whether nobody else can have taken a turn since. */
  isOurs(): boolean {
    return this.leaseLeft() > 0 && this.isMarkedIn(this.session.record)
  }

  /** Throws when the turn has passed, so that nothing is sent then. */
  assertOurs(): void {
    if (this.isOurs()) return
    throw new EvergrantError('unavailable', 'this holder lost its turn before its request left; nothing was sent')
  }

  /** Whether `record` is live and of the generation this turn was taken for. */
  isFor(record: StoredRecord | undefined): record is LiveRecord {
    return lineageOf(record) === lineageOf(this.record)
  }

  /** Ends the turn: the intent is moved no more. */
  end(): void {
    this.#isOver = true
    this.#cancelBeat?.()
  }

  /** Whether the intent in `record` is the one this turn was taken with. */
  isMarkedIn(record: StoredRecord | undefined): record is MarkedRecord {
    const { owner, beat } = this.intent
    if (!this.isFor(record) || record.intent?.owner !== owner) return false
    return record.intent.beat >= beat && record.intent.beat <= this.#lastBeat
  }

  /** Counts from when the last write began, so that a slow store does not make beats late. A failing one is asked sooner. */
  #beatLater(): void {
    const sinceWriteMs = sendingMs - this.leaseLeft()
    const untilBeat = Math.max(beatMs - sinceWriteMs, longestPollMs)
    this.#cancelBeat = this.environment.setTimer(() => void this.#beat(), untilBeat)
  }

  async #beat(): Promise<void> {
    let leaseLeft = this.leaseLeft
    const moved = (stored: StoredRecord | undefined): LiveRecord | undefined => {
      leaseLeft = countdown(this.environment, this.environment.now() + sendingMs)
      if (!this.isMarkedIn(stored)) return undefined
      this.#lastBeat = stored.intent.beat + 1
      return { ...stored, intent: { ...stored.intent, beat: this.#lastBeat, stillMs: undefined } }
    }
    if (await this.session.update(moved).catch(() => false)) this.leaseLeft = leaseLeft
    if (!this.#isOver) this.#beatLater()
  }
}

/** Watches whether the owner of somebody else's intent is alive, together with all others who do. */
export class Rival {
  /** The generation that is being taken over, until a second look has shown that nobody stores its successor. */
  contested: string | undefined
  /** The highest number of a beat of this holder itself. */
  ownBeat = -1
  #beat: string | undefined
  /** Since when that beat has stood still at the latest, on the monotonic clock. */
  #stillSince = 0

  constructor(
    /** Whose rivals these are. */
    readonly owner: string,
    private readonly environment: Environment,
  ) {}

  /** Is shown each record that this holder comes to see. */
  watch(record: StoredRecord | undefined): void {
    const intent = intentOf(record)
    if (intent?.owner === this.owner) this.ownBeat = Math.max(this.ownBeat, intent.beat)
    if (!isUnsettled(record, this.owner)) return
    // What others have told was true when they wrote it, so this may count too little and never too much.
    const stillSince = this.environment.monotonic() - (record.intent.stillMs ?? 0)
    const beat = beatOf(record)
    this.#stillSince = beat === this.#beat ? Math.min(this.#stillSince, stillSince) : stillSince
    this.#beat = beat
  }

  isAtWork(record: LiveRecord): boolean {
    return isUnsettled(record, this.owner) && this.#stillMs() < leaseMs
  }

  /**
   * Writes into the intent for how long it has stood still, so that no observer has to live for a whole lease. The swap
   * fails when the owner was faster. Whatever else becomes of it, nothing but time is lost.
   */
  async share(session: Session): Promise<void> {
    const told = (stored: StoredRecord | undefined): LiveRecord | undefined => {
      if (!isUnsettled(stored, this.owner) || beatOf(stored) !== this.#beat) return undefined
      const stillMs = Math.floor(this.#stillMs())
      return stillMs < nextShareMs(stored) ? undefined : { ...stored, intent: { ...stored.intent, stillMs } }
    }
    await session.update(told).catch(() => false)
  }

  /** How long until there is something to tell, or to do, if the owner of the intent in `record` goes on standing still. */
  untilNews(record: StoredRecord | undefined): number {
    if (!isUnsettled(record, this.owner)) return 0
    const stillMs = this.#stillMs()
    const next = [nextShareMs(record), leaseMs].filter((ms) => ms > stillMs)
    return Math.min(...next) - stillMs
  }

  #stillMs(): number {
    return this.environment.monotonic() - this.#stillSince
  }
}

/** For how long the intent in `record` has to stand still before others are told of it, for the first time or again. */
function nextShareMs({ intent }: MarkedRecord): number {
  return intent.stillMs === undefined ? firstShareMs : intent.stillMs + shareMs
}

/** Whether another holder has begun a renewal and not settled it. */
function isUnsettled(record: StoredRecord | undefined, owner: string): record is MarkedRecord {
  const intent = intentOf(record)
  return intent !== undefined && intent.owner !== owner && intent.pause === undefined
}

/** Names one beat of one attempt. */
function beatOf(record: MarkedRecord): string {
  const { owner, attempt, beat } = record.intent
  return `${lineageOf(record)} ${owner} ${attempt} ${beat}`
}

/** Nothing has failed: the record says that it is too early to send. */
export class Postponed extends EvergrantError {
  constructor(retryAt: number) {
    super('unavailable', 'the last renewal failed or was left unanswered', { retryAt })
  }
}

/**
 * An intent that was never settled belongs to a holder that died on the way: its request may have arrived. Attempts are
 * counted anew from then on, for the first retries must be quick. No two intents are alike, also where one was taken out of
 * the record in between, so that one which stands still is not mistaken for the next.
 */
function nextIntent(previous: Intent | undefined, { owner, ownBeat }: Rival): Intent {
  const isSettled = previous?.pause !== undefined
  const inDoubt = previous !== undefined && (previous.inDoubt || !isSettled)
  const attempt = isSettled ? previous.attempt + 1 : 1
  return { owner, attempt, beat: ownBeat + 1, inDoubt, isRefused: previous?.isRefused }
}

/**
 * How long to wait before the next request, in milliseconds. This keeps the budget of retries, which all holders share
 * through the record, and the distance between rotations: a request that was given up may arrive late, and must not find
 * its refresh token two rotations old. Only a renewal that nobody needs yet keeps the distance; a session never goes
 * without a valid token for it.
 */
function mustWait({ intent, spacing }: LiveRecord, need: Need, environment: Environment): number {
  const mayKeepDistance = !intent && !need.isRejected && need.isFresh()
  return pauseLeft(intent?.pause ?? (mayKeepDistance ? spacing : undefined), environment.now())
}
