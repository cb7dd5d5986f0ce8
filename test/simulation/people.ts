import type { Oracle, SignedIn } from './oracle.js'
import { aftermathMs } from './shared-store.js'
import type { Seat, World } from './world.js'

/** Signs people in and out, and keeps the oracle informed of who is meant to be there. */
export class People {
  /** Whether the store holds a session that should live. */
  isSignedIn = false
  #count = 0
  #isChanging = false

  constructor(
    private readonly world: World,
    private readonly oracle: Oracle,
  ) {
    world.onWrite = () => this.#followStore()
  }

  async signIn(seat: Seat): Promise<void> {
    if (!this.#mayChange(seat)) return
    const { server, time } = this.world
    const subject = `user${this.#count++}`
    this.world.note(`${seat.holder.name} signs in ${subject}`)
    const person: SignedIn = { subject, from: time.now, until: Infinity, isStored: false }
    const previous = this.oracle.personOf(seat)
    this.oracle.people.push(person)
    await seat.manager.setTokens(await server.signIn({ subject, scope: 'offline_access read' }))
    this.oracle.name(seat, person)
    if (previous) this.#end(previous, seat)
    this.#isChanging = false
  }

  async signOut(seat: Seat): Promise<void> {
    if (!this.#mayChange(seat)) return
    const person = this.oracle.personOf(seat)
    if (person) person.signedOutBy = seat
    this.world.note(`${seat.holder.name} signs out ${person?.subject ?? 'nobody it knows of'}`)
    await seat.manager.signOut().then(
      () => person && this.#end(person, seat),
      () => undefined,
    )
    this.#isChanging = false
  }

  /** A crash ends what was under way. */
  giveUpChange(): void {
    this.#isChanging = false
  }

  /** Who signs in while the store fails is put in order with others by the clock, which must be right then. */
  #mayChange({ holder }: Seat): boolean {
    const { time, store } = this.world
    if (this.#isChanging || holder.state !== 'running') return false
    if (!this.oracle.areClocksRight && time.now < store.failsUntil + aftermathMs) return false
    return (this.#isChanging = true)
  }

  /** The holder that ends a session knows at once. */
  #end(person: SignedIn, { holder }: Seat): void {
    person.endedBy ??= holder.name
    person.endedAt ??= this.world.time.now
  }

  /** For the others, and for what must survive, a session is what the store says. */
  #followStore(): void {
    const { record } = this.world.store
    const { server, time } = this.world
    const subject = record?.state === 'live' ? server.inspect(record.refreshToken ?? '')?.subject : undefined
    for (const person of this.oracle.people) {
      if (person.subject === subject) person.isStored = true
      else if (person.isStored) person.until = Math.min(person.until, time.now)
    }
    this.isSignedIn = record?.state === 'live' || record?.state === 'ended'
  }
}
