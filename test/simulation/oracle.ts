import type { LiveRecord, StoredRecord } from '../../src/core/record.js'
import type { RotationPolicy } from '../../src/testing.js'
import { answerMs } from '../../src/core/environment.js'
import type { Send } from './network.js'
import { aftermathMs, type Write } from './shared-store.js'
import { describeRecord, type Seat, type World } from './world.js'

/** A broken promise. */
export class Violation extends Error {}

/** A time during which a holder, or everybody, was kept from doing its work. */
export interface Disturbance {
  readonly holder: string | undefined
  readonly from: number
  until: number
}

/** Somebody who signs in. */
export interface SignedIn {
  readonly subject: string
  readonly from: number
  /** Whether the store ever held this session, and since when it does no more. */
  isStored: boolean
  until: number
  /** Who signed it out or replaced it, and when that was over: this holder knows before the store does. */
  endedBy?: string
  endedAt?: number
  /** Who was asked to sign it out: the server may know of that although the store does not. */
  signedOutBy?: Seat
}

/** How long a call may wait, with a moment for the answer to get through. */
export const longestCallMs = answerMs + 200
/** The longest pause of 160 s and another attempt: by then a failure is gone, or another has come. */
const longestShownMs = 300_000
/** How long word of a sign-out may take from one holder to another that watches. */
const noticeMs = 1000

/** Watches a world and knows what must not happen in it. */
export class Oracle {
  readonly people: SignedIn[] = []
  readonly disturbances: Disturbance[] = []
  areClocksRight = true
  tokensServed = 0
  readonly #sessions = new Map<string, SignedIn>()
  /** The failure that each holder shows, and since when. */
  readonly #shown = new Map<Seat, { readonly error: unknown; readonly since: number }>()
  #checkedWrites = 0

  constructor(
    private readonly world: World,
    guard: (check: () => void) => void,
  ) {
    world.network.onSend = (send) => guard(() => this.#checkTurn(send))
  }

  /** Remembers under which name the managers know the session of `person`, who has just signed in at `seat`. */
  name({ manager }: Seat, person: SignedIn): void {
    const snapshot = manager.getSnapshot()
    if (snapshot.status === 'active') this.#sessions.set(snapshot.sessionId, person)
  }

  /** Who is signed in as far as `seat` knows. */
  personOf({ manager }: Seat): SignedIn | undefined {
    const snapshot = manager.getSnapshot()
    return snapshot.status === 'active' ? this.#sessions.get(snapshot.sessionId) : undefined
  }

  /** Checks a token that a manager gave to a call which began at `calledAt`. */
  served({ holder }: Seat, token: string, calledAt: number): void {
    this.tokensServed++
    const { server, time, setting } = this.world
    const facts = server.inspect(token)
    if (facts?.kind !== 'access') return this.#fail(`${holder.name} was given no access token at all`)
    const person = this.people.find(({ subject }) => subject === facts.subject)
    const isEnder = person?.endedBy === holder.name
    const until = Math.min(
      isEnder ? (person.endedAt ?? Infinity) : Infinity,
      setting.canWatch ? (person?.until ?? 0) : Infinity,
    )
    const slack = isEnder ? 0 : noticeMs + this.#disturbedMs(holder.name)
    if (!person || person.from > time.now || until + slack < calledAt) {
      this.#fail(`I9: ${holder.name} was given a token of ${facts.subject}, who is not signed in`)
    }
    if (!this.#isStored(token) && !this.#didStoreFail(time.now - this.#disturbedMs(holder.name)))
      this.#fail(`${holder.name} was given ${token} before it was stored`)
    const now = this.world.serverNow()
    if (this.areClocksRight && (facts.expiresAt ?? 0) <= now)
      this.#fail(`I9: ${holder.name} was given an expired token`)
  }

  /** Is told of a call that has waited for the longest time that one may; a holder that was stopped meanwhile may. */
  overdue({ holder }: Seat, calledAt: number): void {
    const wasStopped = this.disturbances.some((one) => one.holder === holder.name && one.until >= calledAt)
    if (!wasStopped) this.#fail(`I13: a call of ${holder.name} is still waiting after ${longestCallMs} ms`)
  }

  /** Checks that a refresh token is sent by nobody but the holder whose intent is in the record. */
  #checkTurn({ holder, refreshToken }: Send): void {
    const { record } = this.world.store
    // Where they do not rotate, the next generation has the same one, and may be another holder's turn.
    if (isStatic(this.world.setting.rotation) || record?.state !== 'live' || record.refreshToken !== refreshToken)
      return
    const { intent } = record
    if (intent && !intent.owner.startsWith(`${holder.name}-`))
      this.#fail(`I4: ${holder.name} sends in the turn of another: ${describeRecord(record)}`)
  }

  /** Checks that a failure is shown of a session that works no longer than a retry takes. */
  checkShown(seat: Seat): void {
    const { time, setting } = this.world
    const { error, status } = seat.manager.getSnapshot()
    const shown = this.#shown.get(seat)
    if (!shown || shown.error !== error || seat.holder.state !== 'running') {
      this.#shown.set(seat, { error, since: time.now })
    } else if (
      error &&
      status === 'active' &&
      setting.canWatch &&
      !seat.holder.isHidden &&
      time.now - shown.since > longestShownMs
    ) {
      this.#fail(`${seat.holder.name} still shows ${error.code}, ${error.message}`)
    }
  }

  /** Checks what was written since the last look. */
  checkWrites(): void {
    const { writes } = this.world.store
    for (; this.#checkedWrites < writes.length; this.#checkedWrites++) {
      const record = writes[this.#checkedWrites]?.record
      const earlier = writes
        .slice(0, this.#checkedWrites)
        .filter((write) => write.record.sessionId === record?.sessionId)
      const previous = earlier.at(-1)?.record
      if (!record || !previous) continue
      if (previous.generation > record.generation) this.#fail(`I2: the generation went down: ${describeRecord(record)}`)
      if (record.state === 'live' && earlier.some((write) => write.record.state !== 'live')) {
        this.#fail(`I3: an ended session came back: ${describeRecord(record)}`)
      }
      this.#checkStillness(writes[this.#checkedWrites] as Write, earlier)
    }
  }

  /** What observers tell of how long a beat has stood still is never more than that is. */
  #checkStillness({ at, record }: Write, earlier: readonly Write[]): void {
    const stillMs = record.state === 'live' ? record.intent?.stillMs : undefined
    if (stillMs === undefined) return
    const beaten = earlier.find((write) => beatOf(write.record) === beatOf(record))
    if (!beaten || at - beaten.at < stillMs) this.#fail(`a beat that moved counts as still: ${describeRecord(record)}`)
  }

  /** Where nothing was disturbed, no refresh token is used twice and no session ends. */
  checkCalm(): void {
    const { server, store, setting } = this.world
    const odd = server.redemptions.find(({ outcome }) => outcome === 'repeated' || outcome === 'reuse')
    if (odd) this.#fail(`one expiry made two requests: generation ${odd.depth} was used again`)
    const times = server.redemptions.map(({ at }) => at)
    const shortest = Math.min(...times.slice(1).map((at, index) => at - (times[index] ?? 0)))
    const lifetimeMs = setting.accessTokenSeconds * 1000
    if (shortest < lifetimeMs * 0.6) this.#fail(`tokens of ${lifetimeMs} ms were renewed after ${shortest} ms`)
    if (store.writes.some(({ record }) => record.state === 'ended')) this.#fail('a session ended for no reason')
  }

  /** A session that was signed out last is dead at the server too, if the one who did it lived to tell. */
  checkRevoked(): void {
    const { server, store, seats } = this.world
    const person = this.people.at(-1)
    const isTold = seats.some((seat) => seat === person?.signedOutBy)
    if (!isTold || store.record?.state !== 'signed_out') return
    for (const { record } of store.writes) {
      const facts = record.state === 'live' ? server.inspect(record.refreshToken ?? '') : undefined
      if (facts?.subject === person?.subject && facts?.isUsable) this.#fail(`a signed-out session can be renewed`)
    }
  }

  /**
   * Judges a session that should live and does not. Under strict rotation it may be lost when, between a request leaving
   * and its answer being stored, the holder was disturbed or the answer was lost; or when the network itself repeats or
   * keeps requests.
   */
  judgeLoss(): 'window' | 'transport' | undefined {
    const { server, network, store, setting } = this.world
    const what = describeRecord(store.record)
    if (this.#isUnwanted(store.record)) return undefined
    if (setting.rotation !== 'strict') return this.#fail(`lost: ${what}`)
    const family = this.#familyOf(store.record)
    const fatal = network.sends.find(
      ({ refreshToken, uses }) =>
        server.inspect(refreshToken)?.family === family && uses.some(({ outcome }) => outcome === 'reuse'),
    )
    if (!fatal) return this.#fail(`ended although the server would have renewed it: ${what}`)
    const first = network.sends.find(
      (send) => send.refreshToken === fatal.refreshToken && send.uses.some(({ outcome }) => outcome === 'accepted'),
    )
    if (!first || first === fatal || fatal.at < first.at) return 'transport'
    const spent = server.inspect(fatal.refreshToken)
    const stored = store.writes.find(({ record }) => {
      const facts = record.state === 'live' ? server.inspect(record.refreshToken ?? '') : undefined
      return facts?.family === spent?.family && facts?.depth === (spent?.depth ?? 0) + 1
    })
    if (stored && stored.at <= fatal.at)
      return this.#fail(`a spent token was sent after its successor was stored: ${what}`)
    if (this.#isDisturbed(first, fatal.at)) return 'window'
    return this.#fail(`a token was sent twice although nothing was wrong: ${what}`)
  }

  /** The server's name for the session that a record is about. */
  #familyOf(record: StoredRecord | undefined): number | undefined {
    if (!record || record.state === 'unreadable') return undefined
    const live = this.world.store.writes.findLast(
      (write) => write.record.state === 'live' && write.record.sessionId === record.sessionId,
    )?.record
    return live?.state === 'live' ? this.world.server.inspect(live.refreshToken ?? '')?.family : undefined
  }

  #isUnwanted(record: StoredRecord | undefined): boolean {
    if (!record || record.state === 'unreadable') return false
    return this.#sessions.get(record.sessionId)?.signedOutBy !== undefined
  }

  #isDisturbed(send: Send, until: number): boolean {
    const isOdd = send.fate === undefined || !send.fate.startsWith('2') || until - send.at >= answerMs
    const isHit = this.disturbances.some(
      (one) => (one.holder ?? send.holder.name) === send.holder.name && one.from <= until && one.until >= send.at,
    )
    return isOdd || isHit
  }

  #isStored(accessToken: string): boolean {
    const { writes } = this.world.store
    const holds = (tokens: LiveRecord['accessTokens']): boolean =>
      Object.values(tokens).some(({ token }) => token === accessToken)
    return writes.some(({ record }) => record.state === 'live' && holds(record.accessTokens))
  }

  #didStoreFail(now: number): boolean {
    return this.disturbances.some(({ holder, until }) => holder === undefined && until > now - answerMs)
  }

  /** For how long a holder could not hear of what others did, at most. */
  #disturbedMs(name: string): number {
    const own = this.disturbances.filter(({ holder }) => (holder ?? name) === name)
    const timeOf = ({ holder, from, until }: Disturbance): number => until - from + (holder ? 0 : aftermathMs)
    return own.reduce((sum, one) => sum + timeOf(one), 0)
  }

  #fail(what: string): never {
    throw new Violation(what)
  }
}

/** Whether refresh tokens stay the same. */
export function isStatic(rotation: RotationPolicy): boolean {
  return rotation === 'none' || rotation === 'omit'
}

/** Names one beat of one attempt to renew. */
function beatOf(record: StoredRecord): string | undefined {
  if (record.state !== 'live' || !record.intent) return undefined
  const { owner, attempt, beat } = record.intent
  return `${record.generation} ${owner} ${attempt} ${beat}`
}
