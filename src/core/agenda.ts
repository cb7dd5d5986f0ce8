import type { Environment } from './environment.js'
import { lookDelay } from './schedule.js'

/** Something that is to happen at a time. Only the agenda changes it. */
export interface Appointment {
  /** On the monotonic clock, in milliseconds. */
  dueAt: number
  /** Its place in the heap; -1 when nothing is planned. */
  place: number
}

/** Any number of appointments with one timer: a binary heap, the next one first. */
export class Agenda<T extends Appointment> {
  readonly #heap: T[] = []
  #cancel: (() => void) | undefined
  #armedFor = Infinity

  constructor(
    private readonly environment: Environment,
    private readonly onDue: (appointment: T) => void,
  ) {}

  get size(): number {
    return this.#heap.length
  }

  /** Plans `appointment` for `ms` from now, instead of any time before. */
  plan(appointment: T, ms: number): void {
    appointment.dueAt = this.environment.monotonic() + ms
    if (appointment.place < 0) appointment.place = this.#heap.push(appointment) - 1
    this.#settle(appointment)
    this.#arm()
  }

  cancel(appointment: T): void {
    if (appointment.place < 0) return
    this.#take(appointment)
    this.#arm()
  }

  /** Forgets all. */
  clear(): void {
    for (const appointment of this.#heap.splice(0)) appointment.place = -1
    this.#arm()
  }

  #take(appointment: T): void {
    const last = this.#heap.pop()
    if (last && last !== appointment) {
      this.#put(last, appointment.place)
      this.#settle(last)
    }
    appointment.place = -1
  }

  #arm(): void {
    const next = this.#heap[0]?.dueAt ?? Infinity
    if (next === this.#armedFor) return
    this.#cancel?.()
    this.#armedFor = next
    if (next === Infinity) return
    const ms = Math.min(next - this.environment.monotonic(), lookDelay(Infinity))
    this.#cancel = this.environment.setTimer(() => this.#fire(), Math.max(0, ms))
  }

  #fire(): void {
    this.#armedFor = Infinity
    const now = this.environment.monotonic()
    for (let next = this.#heap[0]; next && next.dueAt <= now; next = this.#heap[0]) {
      this.#take(next)
      this.onDue(next)
    }
    this.#arm()
  }

  /** Moves an appointment towards the root or the leaves, until none is before one that is due sooner. */
  #settle(appointment: T): void {
    for (
      let above = this.#above(appointment);
      above && above.dueAt > appointment.dueAt;
      above = this.#above(appointment)
    )
      this.#swap(appointment, above)
    for (
      let below = this.#below(appointment);
      below && below.dueAt < appointment.dueAt;
      below = this.#below(appointment)
    )
      this.#swap(appointment, below)
  }

  #above({ place }: T): T | undefined {
    return this.#heap[(place - 1) >> 1]
  }

  #below({ place }: T): T | undefined {
    const [left, right] = [this.#heap[2 * place + 1], this.#heap[2 * place + 2]]
    return left && right && right.dueAt < left.dueAt ? right : left
  }

  #swap(one: T, other: T): void {
    const { place } = one
    this.#put(one, other.place)
    this.#put(other, place)
  }

  #put(appointment: T, place: number): void {
    this.#heap[place] = appointment
    appointment.place = place
  }
}
