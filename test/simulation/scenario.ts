import { isEvergrantError } from '../../src/core/errors.js'
import type { AccessTokenOptions } from '../../src/core/token-manager.js'
import type { RotationPolicy } from '../../src/testing.js'
import { Chaos } from './chaos.js'
import { longestCallMs, Oracle, Violation } from './oracle.js'
import { People } from './people.js'
import { Random } from './random.js'
import { aftermathMs } from './shared-store.js'
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
  /** Whether the session was lost, where the promise allows it. */
  readonly lost: 'window' | 'transport' | undefined
  /** Milliseconds from the end of all trouble to a fresh token. */
  readonly healedAfterMs: number | undefined
  readonly sends: number
  readonly tokensServed: number
  readonly virtualMs: number
  readonly trace: readonly string[]
}

/** The longest step of the back-off, a lease, and time to move. */
const healMs = 180_000

/** Plays one seed: holders live through lifetimes of a session in bad weather, then all is well and it must heal. */
export async function play(seed: number, policy: PolicyName): Promise<Outcome> {
  return new Scenario(seed, policy).play()
}

class Scenario {
  readonly #random: Random
  readonly #world: World
  readonly #oracle: Oracle
  readonly #people: People
  readonly #chaos: Chaos
  readonly #isCalm: boolean
  readonly #endsAt: number
  #violation: string | undefined

  constructor(seed: number, policy: PolicyName) {
    this.#random = new Random(seed * 2 + 1)
    this.#isCalm = this.#random.chance(0.1)
    const setting = settingFor(policy, this.#isCalm, this.#random)
    this.#endsAt = setting.accessTokenSeconds * 1000 * this.#random.between(3, 10)
    this.#world = new World(seed, setting)
    this.#oracle = new Oracle(this.#world, (check) => this.#guard(check))
    this.#oracle.areClocksRight = setting.mostSkewMs === 0
    this.#people = new People(this.#world, this.#oracle)
    this.#chaos = new Chaos(this.#world, this.#oracle, this.#people, this.#random, this.#endsAt)
    this.#chaos.onStart = (seat) => this.#callOften(seat)
  }

  async play(): Promise<Outcome> {
    const onUnhandled = (error: unknown): void => this.#fail(error)
    process.on('unhandledRejection', onUnhandled)
    let lost: Outcome['lost']
    let healedAfterMs: number | undefined
    try {
      await this.#live()
      this.#chaos.stop()
      healedAfterMs = await this.#heal()
      if (!this.#people.isSignedIn) await this.#world.time.run(this.#world.time.now + healMs)
      this.#guard(() => {
        this.#oracle.checkWrites()
        this.#oracle.checkRevoked()
        if (healedAfterMs === undefined && this.#people.isSignedIn) lost = this.#oracle.judgeLoss()
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

  async #live(): Promise<void> {
    const { time, seats } = this.#world
    void this.#people.signIn(seats[0] as Seat)
    await time.run(2000)
    for (const seat of seats) this.#callOften(seat)
    if (!this.#isCalm) this.#chaos.start()
    while (time.now < this.#endsAt && !this.#violation) {
      await time.run(Math.min(time.now + 10_000, this.#endsAt))
      this.#guard(() => this.#oracle.checkWrites())
      for (const seat of seats) this.#guard(() => this.#oracle.checkShown(seat))
    }
    if (this.#isCalm) this.#guard(() => this.#oracle.checkCalm())
  }

  /** Waits until somebody renews. Resolves to how long that took, or to `undefined` when nobody can. */
  async #heal(): Promise<number | undefined> {
    const { time, seats } = this.#world
    await time.run(time.now + aftermathMs)
    if (!this.#people.isSignedIn) return undefined
    const from = time.now
    const renewing = new Set<Seat>()
    let isHealed = false
    const renewOften = (seat: Seat): void => {
      if (seat.holder.state === 'crashed') return
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
    const { time, setting } = this.#world
    time.after(this.#random.between(0.1, 2) * setting.accessTokenSeconds * 200, () => {
      if (seat.holder.state === 'crashed' || time.now > this.#endsAt) return
      if (seat.holder.state === 'running') this.#call(seat, undefined)
      this.#callOften(seat)
    })
  }

  #call(seat: Seat, rejected: string | undefined): void {
    const { holder, manager } = seat
    const { time } = this.#world
    const calledAt = time.now
    const cancelWatch = time.after(longestCallMs, () => this.#guard(() => this.#oracle.overdue(seat, calledAt)))
    manager.getAccessToken(rejected === undefined ? this.#wishes() : { rejected }).then(
      (token) => {
        cancelWatch()
        this.#guard(() => this.#oracle.served(seat, token, calledAt))
        if (this.#isRefused()) this.#call(seat, token)
      },
      (error: unknown) => {
        cancelWatch()
        if (!isEvergrantError(error)) this.#fail(error)
        else this.#world.note(`${holder.name} gets no token: ${error.code}, ${error.message}`)
      },
    )
  }

  #wishes(): AccessTokenOptions | undefined {
    const roll = this.#random.next()
    if (this.#isCalm || roll > 0.15) return undefined
    if (roll > 0.1) return this.#kind()
    return roll < 0.05 ? { forceRenew: true } : { minValiditySeconds: 30 }
  }

  /** A token of another kind. The renewal that gets the first one keeps no distance either. */
  #kind(): AccessTokenOptions | undefined {
    if (this.#world.setting.rotation === 'until-child-used') return undefined
    return this.#random.pick([{ resource: 'https://orders.example/' }, { scope: 'read' }])
  }

  /** Whether an API refuses a good token. The renewal that follows keeps no distance from a request that may be late. */
  #isRefused(): boolean {
    return !this.#isCalm && this.#world.setting.rotation !== 'until-child-used' && this.#random.chance(0.02)
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

function settingFor(policy: PolicyName, isCalm: boolean, random: Random): Setting {
  const accessTokenSeconds = random.pick([12, 60, 60, 300, 3600])
  const isShortLived = !isCalm && accessTokenSeconds <= 60 && random.chance(0.3)
  const rotation = policies[policy]
  return {
    // Where lives are short, it may take several of those who take over until one lives to the end of it.
    rotation: isShortLived && policy === 'grace' ? { graceSeconds: 180 } : rotation,
    reuseRevokes: policy !== 'strict' || random.chance(0.7),
    siblings: random.chance(0.3),
    holders: 1 + random.below(5),
    accessTokenSeconds,
    weather: {
      troublePercent: isCalm ? 0 : random.pick([0, 5, 20, 40]),
      // A retry within ten seconds must arrive within a grace period of thirty.
      mostDelayMs: Math.min(8000, accessTokenSeconds * 250),
      mostInARow: 2,
    },
    hasLock: random.chance(0.5),
    mostSkewMs: random.pick([0, 0, 20_000]),
    canWatch: random.chance(0.5),
    lifeMs: isShortLived ? random.between(3000, 5000) : undefined,
  }
}
