import { isEvergrantError } from '../../src/core/errors.js'
import type { AccessTokenOptions } from '../../src/core/token-manager.js'
import type { RotationPolicy } from '../../src/testing.js'
import { Oracle, Violation, type SignedIn } from './oracle.js'
import { Random } from './random.js'
import { World, type Seat, type Setting } from './world.js'

/** The policies the promise speaks of. */
export const policies = {
  none: 'none',
  omit: 'omit',
  strict: 'strict',
  grace: { graceSeconds: 30 },
  'until-child-used': 'until-child-used',
} as const satisfies Record<string, RotationPolicy>

export type PolicyName = keyof typeof policies

/** What came of a seed. */
export interface Outcome {
  readonly violation: string | undefined
  /** Whether the session was lost, where that is allowed. */
  readonly lost: 'window' | 'transport' | undefined
  /** Milliseconds from the end of all trouble to a fresh token. */
  readonly healedAfterMs: number | undefined
  readonly sends: number
  readonly tokensServed: number
  readonly virtualMs: number
  readonly trace: readonly string[]
}

/** The longest step of the back-off, a lease, and time to move. */
const healMs = 150_000

/** Plays one seed: holders live through lifetimes of a session in bad weather, then all is well and it must heal. */
export async function play(seed: number, policy: PolicyName): Promise<Outcome> {
  return new Scenario(seed, policy).play()
}

class Scenario {
  readonly #random: Random
  readonly #world: World
  readonly #oracle: Oracle
  readonly #isCalm: boolean
  readonly #endsAt: number
  #violation: string | undefined
  #people = 0
  #isSignedIn = false
  #isChanging = false

  constructor(seed: number, policy: PolicyName) {
    this.#random = new Random(seed * 2 + 1)
    this.#isCalm = this.#random.chance(0.1)
    const setting = this.#setting(policy)
    this.#world = new World(seed, setting)
    this.#oracle = new Oracle(this.#world)
    this.#oracle.areClocksRight = setting.mostSkewMs === 0
    this.#world.onWrite = () => this.#followStore()
    this.#endsAt = setting.accessTokenSeconds * 1000 * this.#random.between(3, 10)
  }

  async play(): Promise<Outcome> {
    const onUnhandled = (error: unknown): void => this.#fail(error)
    process.on('unhandledRejection', onUnhandled)
    let lost: Outcome['lost']
    let healedAfterMs: number | undefined
    try {
      const { time, seats } = this.#world
      void this.#signIn(seats[0] as Seat)
      await time.run(2000)
      for (const seat of seats) this.#callOften(seat)
      if (!this.#isCalm) this.#disturbOften()
      while (time.now < this.#endsAt && !this.#violation) {
        await time.run(Math.min(time.now + 10_000, this.#endsAt))
        this.#guard(() => this.#oracle.checkWrites())
      }
      healedAfterMs = await this.#heal()
      this.#guard(() => {
        this.#oracle.checkWrites()
        if (this.#isCalm) this.#oracle.checkCalm()
        if (healedAfterMs === undefined && this.#isSignedIn) lost = this.#oracle.judgeLoss()
      })
    } catch (error) {
      this.#fail(error)
    } finally {
      process.off('unhandledRejection', onUnhandled)
    }
    const { network, time, trace } = this.#world
    return {
      violation: this.#violation,
      lost,
      healedAfterMs,
      sends: network.sends.length,
      tokensServed: this.#oracle.tokensServed,
      virtualMs: time.now,
      trace: trace.map(({ at, what }) => `${(at / 1000).toFixed(3).padStart(10)} s  ${what}`),
    }
  }

  #setting(policy: PolicyName): Setting {
    const random = this.#random
    const accessTokenSeconds = random.pick([12, 60, 60, 300, 3600])
    return {
      rotation: policies[policy],
      reuseRevokes: policy !== 'strict' || random.chance(0.7),
      siblings: random.chance(0.3),
      holders: 1 + random.below(5),
      accessTokenSeconds,
      weather: {
        troublePercent: this.#isCalm ? 0 : random.pick([0, 5, 20, 40]),
        mostDelayMs: Math.min(20_000, accessTokenSeconds * 250),
        mostInARow: 2,
      },
      hasLock: random.chance(0.5),
      mostSkewMs: random.pick([0, 0, 20_000]),
      canWatch: random.chance(0.5),
    }
  }

  /** Ends all trouble and waits until somebody renews. */
  async #heal(): Promise<number | undefined> {
    const { time, network, store, seats } = this.#world
    const renewing = new Set<Seat>()
    this.#world.note('all trouble ends')
    network.calm()
    store.failsUntil = 0
    for (const seat of seats) this.#resume(seat)
    if (seats.length === 0) this.#world.start()
    await time.run(time.now + 1000)
    if (!this.#isSignedIn) return undefined
    const from = time.now
    let isHealed = false
    const renewOften = (seat: Seat): void => {
      const again = (): void => void time.after(500, () => !isHealed && renewOften(seat))
      seat.manager.renew().then(() => (isHealed = true), again)
    }
    while (!isHealed && time.now < from + healMs) {
      for (const seat of seats) if (renewing.size < renewing.add(seat).size) renewOften(seat)
      await time.run(time.now + 250)
    }
    return isHealed ? time.now - from : undefined
  }

  #callOften(seat: Seat): void {
    const { time } = this.#world
    const meanMs = this.#world.setting.accessTokenSeconds * 200
    time.after(this.#random.between(0.1, 2) * meanMs, () => {
      if (seat.holder.state === 'crashed' || time.now > this.#endsAt) return
      if (seat.holder.state === 'running') this.#call(seat)
      this.#callOften(seat)
    })
  }

  #call(seat: Seat): void {
    const { holder, manager } = seat
    const calledAt = this.#world.time.now
    manager.getAccessToken(this.#wishes()).then(
      (token) => this.#guard(() => this.#oracle.served(seat, token, calledAt)),
      (error: unknown) => {
        if (!isEvergrantError(error)) this.#fail(error)
        else this.#world.note(`${holder.name} gets no token: ${error.code}, ${error.message}`)
      },
    )
  }

  #wishes(): AccessTokenOptions | undefined {
    const roll = this.#random.next()
    if (this.#isCalm || roll > 0.1) return undefined
    return roll < 0.05 ? { forceRenew: true } : { minValiditySeconds: 30 }
  }

  #disturbOften(): void {
    const { time, setting } = this.#world
    const meanMs = setting.accessTokenSeconds * 150
    time.after(this.#random.between(0.1, 2) * meanMs, () => {
      if (time.now > this.#endsAt) return
      if (!this.#isTense()) this.#disturb()
      this.#disturbOften()
    })
  }

  /**
   * Whether the server has used up a refresh token whose successor nobody has stored: the promise under grace holds as
   * long as somebody gets through in time, so nothing more is thrown in the way then.
   */
  #isTense(): boolean {
    const { server, store, setting, network } = this.#world
    if (network.sends.some(({ fate }) => fate === undefined)) return true
    if (setting.rotation === 'strict' || setting.rotation === 'none' || setting.rotation === 'omit') return false
    const used = server.redemptions.findLast(({ outcome }) => outcome === 'accepted')
    const { record } = store
    const stored = record?.state === 'live' ? server.inspect(record.refreshToken ?? '') : undefined
    return used !== undefined && stored?.family === used.family && (stored.depth ?? 0) <= (used.depth ?? 0)
  }

  #disturb(): void {
    if (this.#world.seats.length === 0) return
    const seat = this.#random.pick(this.#world.seats)
    const disturbances: (() => void)[] = [
      () => this.#crash(seat),
      () => this.#crash(seat),
      () => this.#pause(seat),
      () => this.#pause(seat),
      () => this.#loseLock(),
      () => this.#failStore(),
      () => this.#failNetwork(),
      () => this.#jump(),
      () => void this.#signIn(seat),
      () => void this.#signOut(seat),
      () => this.#crashSenderSoon(),
      () => this.#pauseSenderSoon(),
    ]
    this.#random.pick(disturbances)()
  }

  #crash(seat: Seat): void {
    const { time, seats, setting } = this.#world
    if (seat.holder.state === 'crashed') return
    this.#isChanging = false
    this.#oracle.disturbances.push({ holder: seat.holder.name, from: time.now, until: Infinity })
    this.#world.network.noteTrouble()
    this.#world.crash(seat)
    // Where holders do not hear of each other, only who comes back can look after what the crashed one left.
    const staysAway = setting.canWatch && seats.length > 0 && this.#random.chance(0.3)
    if (staysAway) return
    time.after(this.#random.between(100, 3000), () => {
      const next = this.#world.start()
      this.#world.note(`${next.holder.name} starts`)
      this.#callOften(next)
    })
  }

  #pause(seat: Seat): void {
    const { time, seats, setting } = this.#world
    if (seat.holder.state !== 'running') return
    const isAlone = seats.every((other) => other === seat || other.holder.state !== 'running')
    // Where holders do not hear of each other, nobody looks after what the stopped one left.
    const mostMs = isAlone ? 5000 : setting.canWatch ? 40_000 : 15_000
    const ms = this.#random.between(10, mostMs)
    const disturbance = { holder: seat.holder.name, from: time.now, until: Infinity }
    this.#oracle.disturbances.push(disturbance)
    this.#world.network.noteTrouble()
    this.#world.note(`${seat.holder.name} is stopped for ${Math.round(ms)} ms`)
    seat.holder.pause()
    time.after(ms, () => {
      disturbance.until = time.now
      this.#resume(seat)
    })
  }

  #resume({ holder }: Seat): void {
    if (holder.state !== 'paused') return
    this.#world.note(`${holder.name} goes on`)
    holder.resume()
  }

  /** Hits a holder between its request and the storing of the answer, where it hurts most. */
  #crashSenderSoon(): void {
    this.#onNextSend((seat) => this.#crash(seat))
  }

  #pauseSenderSoon(): void {
    this.#onNextSend((seat) => this.#pause(seat))
  }

  #onNextSend(hit: (seat: Seat) => void): void {
    const { network, seats, time } = this.#world
    const delay = this.#random.between(0, 400)
    network.onNextSend((holder) => {
      const seat = seats.find((one) => one.holder === holder)
      if (seat) time.after(delay, () => time.now < this.#endsAt && hit(seat))
    })
  }

  #loseLock(): void {
    this.#world.note('the lock is taken away')
    this.#world.lock.steal()
  }

  #failStore(): void {
    const { time, store } = this.#world
    const ms = this.#random.between(100, 5000)
    this.#world.note(`the store fails for ${Math.round(ms)} ms`)
    store.failsUntil = time.now + ms
    this.#oracle.disturbances.push({ holder: undefined, from: time.now, until: time.now + ms })
  }

  #failNetwork(): void {
    const { time, network } = this.#world
    const ms = this.#random.between(100, 8000)
    this.#world.note(`the network is down for ${Math.round(ms)} ms`)
    network.isDownUntil = time.now + ms
  }

  /** The clock of the machine is set: all holders on it see the same. */
  #jump(): void {
    const { time, store } = this.#world
    // What a failing store delays is put in order by the clock.
    if (time.now < store.failsUntil + 2000) return
    const ms = this.#random.pick([-3_600_000, -60_000, 60_000, 3_600_000])
    this.#world.note(`the clock jumps by ${ms / 1000} s`)
    this.#world.wallOffset += ms
    this.#oracle.areClocksRight = false
  }

  /** Who signs in where the store fails and clocks differ cannot be put in order with others who do. */
  #mayChange({ holder }: Seat): boolean {
    const { time, store, setting } = this.#world
    if (this.#isChanging || holder.state !== 'running') return false
    if (setting.mostSkewMs > 0 && time.now < store.failsUntil) return false
    return (this.#isChanging = true)
  }

  async #signIn(seat: Seat): Promise<void> {
    if (!this.#mayChange(seat)) return
    const { server, time } = this.#world
    const subject = `user${this.#people++}`
    this.#world.note(`${seat.holder.name} signs in ${subject}`)
    const person: SignedIn = { subject, from: time.now, until: Infinity, isStored: false }
    const previous = this.#oracle.people.at(-1)
    this.#oracle.people.push(person)
    await seat.manager.setTokens(await server.signIn({ subject }))
    this.#oracle.name(seat, person)
    if (previous) this.#end(previous, seat)
    this.#isChanging = false
  }

  async #signOut(seat: Seat): Promise<void> {
    if (!this.#mayChange(seat)) return
    const person = this.#oracle.personOf(seat)
    this.#world.note(`${seat.holder.name} signs out ${person?.subject ?? 'nobody it knows of'}`)
    await seat.manager.signOut().then(
      () => person && this.#end(person, seat),
      () => undefined,
    )
    this.#isChanging = false
  }

  /** The holder that ends a session knows at once. */
  #end(person: SignedIn, { holder }: Seat): void {
    person.endedBy ??= holder.name
    person.endedAt ??= this.#world.time.now
  }

  /** For the others, and for what must survive, a session is what the store says. */
  #followStore(): void {
    const { record } = this.#world.store
    const { server, time } = this.#world
    const subject = record?.state === 'live' ? server.inspect(record.refreshToken ?? '')?.subject : undefined
    for (const person of this.#oracle.people) {
      if (person.subject === subject) person.isStored = true
      else if (person.isStored) person.until = Math.min(person.until, time.now)
    }
    this.#isSignedIn = record?.state === 'live' || record?.state === 'ended'
  }

  #guard(check: () => void): void {
    try {
      check()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    const text = error instanceof Violation ? error.message : String(error instanceof Error ? error.stack : error)
    this.#world.note(`VIOLATION ${text}`)
    this.#violation ??= text
  }
}
