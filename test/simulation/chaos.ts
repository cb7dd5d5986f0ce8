import type { Oracle } from './oracle.js'
import type { People } from './people.js'
import type { Random } from './random.js'
import { aftermathMs } from './shared-store.js'
import type { Seat, World } from './world.js'

/** Throws things in the way of the holders of a session: whatever the promise says it survives, at any moment. */
export class Chaos {
  /** Called with each holder that takes the place of a crashed one. */
  onStart: (seat: Seat) => void = () => undefined
  #asleepUntil = 0
  /** Those who renew only when they are asked. */
  readonly #resting = new Set<Seat>()

  constructor(
    private readonly world: World,
    private readonly oracle: Oracle,
    private readonly people: People,
    private readonly random: Random,
    private readonly endsAt: number,
  ) {}

  start(): void {
    this.world.store.isOdd = true
    for (const seat of this.world.seats) this.#age(seat)
    this.#disturbOften()
  }

  /** Where lives are short they end at any moment, and go on to do so when all other trouble has ended. */
  #age(seat: Seat): void {
    const { lifeMs } = this.world.setting
    if (lifeMs !== undefined) this.world.time.after(lifeMs, () => this.#crash(seat))
  }

  #disturbOften(): void {
    const { time, setting } = this.world
    const meanMs = setting.accessTokenSeconds * 150
    time.after(this.random.between(0.1, 2) * meanMs, () => {
      if (time.now > this.endsAt) return
      if (!this.#isTense() && this.world.seats.length > 0) this.#disturb(this.random.pick(this.world.seats))
      this.#disturbOften()
    })
  }

  /** Ends what this has begun. */
  stop(): void {
    const { network, store, seats } = this.world
    this.world.note('all trouble ends')
    network.calm()
    store.failsUntil = 0
    for (const seat of seats) this.#resume(seat)
    for (const seat of seats) this.#show(seat)
    for (const seat of this.#resting) this.#wake(seat)
    if (seats.length === 0) this.world.start()
  }

  /**
   * Whether the server has used up a refresh token whose successor nobody has stored. Under grace the promise holds for
   * as long as somebody gets through in time, so nothing more is thrown in the way then.
   */
  #isTense(): boolean {
    const { server, store, setting, network } = this.world
    if (['strict', 'none', 'omit'].includes(setting.rotation as string)) return false
    if (network.sends.some(({ fate }) => fate === undefined)) return true
    const used = server.redemptions.findLast(({ outcome }) => outcome === 'accepted')
    const { record } = store
    const stored = record?.state === 'live' ? server.inspect(record.refreshToken ?? '') : undefined
    if (!used || !stored || stored.family !== used.family) return false
    return (stored.depth ?? 0) <= (used.depth ?? 0)
  }

  #disturb(seat: Seat): void {
    const disturbances: (() => void)[] = [
      () => this.#crash(seat),
      () => this.#pause(seat),
      () => this.#soon((sender) => this.#crash(sender)),
      () => this.#soon((sender) => this.#crash(sender)),
      () => this.#soon((sender) => this.#pause(sender)),
      () => this.#soon((sender) => this.#pause(sender)),
      () => this.world.onNextIntent((sender) => this.#pause(sender)),
      () => this.world.onNextIntent((sender) => this.#crash(sender)),
      () => this.#loseLock(),
      () => this.#soon(() => this.#loseLock()),
      () => this.#failStore(),
      () => this.#soon(() => this.#failStore()),
      () => this.#failNetwork(),
      () => this.#rest(seat),
      () => this.#hide(seat),
      () => void this.#leave(seat),
      () => this.#soon((sender) => void this.#leave(sender)),
      () => this.#setClock(),
      () => void this.people.signIn(seat),
      () => this.#soon(() => void this.people.signIn(seat)),
      () => void this.people.signOut(seat),
      () => this.#soon(() => void this.people.signOut(seat)),
    ]
    this.random.pick(disturbances)()
  }

  /** Does something while the next request and the storing of its answer are under way, where it hurts most. */
  #soon(act: (sender: Seat) => void): void {
    const { network, seats, time } = this.world
    const delay = this.random.between(0, 400)
    network.onNextSend((holder) => {
      const seat = seats.find((one) => one.holder === holder)
      if (seat) time.after(delay, () => time.now < this.endsAt && act(seat))
    })
  }

  #crash(seat: Seat): void {
    const { time, seats, setting } = this.world
    if (seat.holder.state === 'crashed') return
    this.people.giveUpChange()
    this.oracle.disturbances.push({ holder: seat.holder.name, from: time.now, until: Infinity })
    this.world.network.noteTrouble()
    this.world.crash(seat)
    // Where holders do not hear of each other, only who comes back can look after what the crashed one left.
    const isLeft = seats.some((other) => this.#isAtWork(other))
    if (setting.canWatch && isLeft && !setting.lifeMs && this.random.chance(0.3)) return
    time.after(this.random.between(100, 3000), () => this.#start())
  }

  #start(): void {
    const next = this.world.start()
    this.world.note(`${next.holder.name} starts`)
    this.#age(next)
    this.onStart(next)
  }

  /** A process ends in good order, which loses nothing, and another one takes its place. */
  async #leave(seat: Seat): Promise<void> {
    const { name, state } = seat.holder
    const from = this.world.time.now
    if (state !== 'running') return
    this.people.giveUpChange()
    await this.world.leave(seat).catch(() => this.oracle.disturbances.push({ holder: name, from, until: Infinity }))
    this.#start()
  }

  /** Nobody sees a page for a while. */
  #hide(seat: Seat): void {
    this.world.note(`${seat.holder.name} is hidden`)
    seat.holder.isHidden = true
    this.world.time.after(this.random.between(0.1, 2) * this.world.setting.accessTokenSeconds * 1000, () =>
      this.#show(seat),
    )
  }

  #show({ holder }: Seat): void {
    if (!holder.isHidden) return
    holder.isHidden = false
    holder.wake()
  }

  #pause(seat: Seat): void {
    const { time, seats, setting } = this.world
    if (seat.holder.state !== 'running') return
    const isAlone = !seats.some((other) => other !== seat && this.#isAtWork(other))
    // Where holders do not hear of each other, nobody looks after what the stopped one left.
    const mostMs = isAlone ? 5000 : setting.canWatch ? 40_000 : 15_000
    const ms = this.random.between(10, mostMs)
    // A process that is stopped is not a machine that sleeps: there the monotonic clock stands still, too.
    const isAsleep = this.random.chance(0.3)
    if (isAsleep) this.#asleepUntil = Math.max(this.#asleepUntil, time.now + ms)
    const disturbance = { holder: seat.holder.name, from: time.now, until: Infinity }
    this.oracle.disturbances.push(disturbance)
    this.world.network.noteTrouble()
    this.world.note(`${seat.holder.name} ${isAsleep ? 'sleeps' : 'is stopped'} for ${Math.round(ms)} ms`)
    seat.holder.pause()
    time.after(ms, () => {
      disturbance.until = time.now
      if (isAsleep) seat.holder.asleepFor += ms
      this.#resume(seat)
    })
  }

  #resume({ holder }: Seat): void {
    if (holder.state !== 'paused') return
    this.world.note(`${holder.name} goes on`)
    holder.resume()
  }

  /** Whether a holder looks after the session by itself. */
  #isAtWork(seat: Seat): boolean {
    return seat.holder.state === 'running' && !this.#resting.has(seat)
  }

  /** A manager renews only when it is asked to, for a while. */
  #rest(seat: Seat): void {
    const { time, setting, seats } = this.world
    // Where lives are short, each of them is needed.
    if (setting.lifeMs || !seats.some((other) => other !== seat && this.#isAtWork(other))) return
    this.world.note(`${seat.holder.name} is told not to renew by itself`)
    this.#resting.add(seat)
    seat.manager.stop()
    time.after(this.random.between(1, 3) * setting.accessTokenSeconds * 1000, () => this.#wake(seat))
  }

  #wake(seat: Seat): void {
    if (this.#resting.delete(seat)) seat.manager.start()
  }

  #loseLock(): void {
    this.world.note('the lock is taken away')
    this.world.lock.steal()
  }

  #failStore(): void {
    const { time, store } = this.world
    const ms = this.random.between(100, 5000)
    this.world.note(`the store fails for ${Math.round(ms)} ms`)
    store.failsUntil = Math.max(store.failsUntil, time.now + ms)
    this.oracle.disturbances.push({ holder: undefined, from: time.now, until: time.now + ms })
  }

  #failNetwork(): void {
    const { time, network } = this.world
    const ms = this.random.between(100, 8000)
    this.world.note(`the network is down for ${Math.round(ms)} ms`)
    network.isDownUntil = time.now + ms
    time.after(ms, () => {
      for (const { holder } of this.world.seats) holder.wake(true)
    })
  }

  /** The clock of the machine is set: all holders on it see the same. */
  #setClock(): void {
    const { time, store } = this.world
    // What a failing store delays is put in order by the clock.
    if (time.now < store.failsUntil + aftermathMs) return
    // Where a machine sleeps and its clock is set back meanwhile, nothing tells it that time has passed.
    if (time.now < this.#asleepUntil) return
    const ms = this.random.pick([-3_600_000, -60_000, 60_000, 3_600_000])
    this.world.note(`the clock jumps by ${ms / 1000} s`)
    this.world.wallOffset += ms
    this.oracle.areClocksRight = false
  }
}
