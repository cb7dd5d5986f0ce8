import { expect, test } from 'vitest'
import type { Grant } from '../../src/core/grant.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import type { TokenStore } from '../../src/core/store.js'
import { memoryStore } from '../../src/stores/memory.js'
import { Random } from '../simulation/random.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'

const seeds = 1500
const pausesMs = [1, 2, 6, 50, 500, 3000, 8000]

/** People who sign in and out by one manager, whose store fails now and then: late, half-way, or without a word. */
class Life {
  readonly environment = new FakeEnvironment()
  readonly place = memoryStore()
  readonly manager: TokenManager
  /** Who is signed in by what was decided last. */
  who: string | undefined
  isDown = false
  readonly trace: string[] = []
  readonly #random: Random
  #people = 0
  #begun: Promise<unknown>[] = []

  constructor(seed: number) {
    this.#random = new Random(seed)
    const { place } = this
    const store: TokenStore = {
      durability: 'strict',
      read: (key) =>
        this.#reach(async () => {
          const found = await place.read(key)
          return found && { ...found, record: { ...found.record } }
        }),
      swap: (key, expected, next) => this.#reach(() => place.swap(key, expected, next)),
    }
    const grant: Grant = async ({ sending, refreshToken = '' }) => {
      sending()
      await this.#wait(this.#random.between(10, 500))
      return { response: { access_token: refreshToken, refresh_token: refreshToken, expires_in: 60 } }
    }
    this.manager = managerOf(this.environment, { store, grant })
  }

  async live(): Promise<void> {
    for (let step = 0; step < 12; step++) {
      await this.#act(this.#random.next())
      await this.environment.pass(this.#random.pick(pausesMs))
      if (this.#random.chance(0.7)) await this.#settle()
    }
    this.isDown = false
    await this.#settle()
    await this.environment.pass(30_000)
  }

  async #act(roll: number): Promise<void> {
    if (roll < 0.3) return this.#signIn(false)
    if (roll < 0.45) return this.#signIn(true)
    if (roll < 0.6) return this.#signOut()
    if (roll < 0.75) this.isDown = !this.isDown
    else if (roll < 0.85) this.#begin(this.manager.renew())
    this.trace.push(this.isDown ? 'the store fails' : 'the store works')
  }

  async #signIn(unlessSignedIn: boolean): Promise<void> {
    // What is there is not known while a sign-in is under way.
    if (unlessSignedIn) await this.#settle()
    const name = `user${this.#people++}`
    this.trace.push(`${name} signs in${unlessSignedIn ? ' unless somebody is' : ''}`)
    if (!unlessSignedIn || this.who === undefined) this.who = name
    const response = { access_token: name, refresh_token: name, expires_in: 60 }
    this.#begin(this.manager.setTokens(response, { unlessSignedIn }))
  }

  async #signOut(): Promise<void> {
    const isKnown = this.manager.getSnapshot().status === 'active'
    this.trace.push(`${this.who ?? 'nobody'} signs out`)
    this.who = undefined
    this.#begin(this.manager.signOut())
    // It looks into the store first.
    if (!isKnown) await this.#settle()
  }

  #begin(work: Promise<unknown>): void {
    this.#begun.push(work.catch(() => undefined))
  }

  async #settle(): Promise<void> {
    await this.environment.passUntil(Promise.all(this.#begun.splice(0)))
  }

  async #reach<T>(act: () => Promise<T>): Promise<T> {
    await this.#wait(this.#random.between(0, 20))
    if (!this.isDown) return act()
    const way = this.#random.next()
    if (way < 0.25) await act()
    else if (way < 0.5) this.environment.setTimer(() => void act(), this.#random.between(0, 8000))
    if (this.#random.chance(0.2)) return new Promise(() => undefined)
    throw new Error('the store is down')
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.environment.setTimer(resolve, ms))
  }
}

test(
  'whoever has signed in or out last by a manager is, however its store fails meanwhile',
  { timeout: 120_000 },
  async () => {
    for (let seed = 0; seed < seeds; seed++) {
      const life = new Life(seed)
      await life.live()
      const { manager, environment, place, who, trace } = life
      const token = await environment.passUntil(manager.getAccessToken().catch(() => undefined))
      const record = (await place.read('session'))?.record
      const stored = record?.state === 'live' ? record.refreshToken : undefined
      expect({ token, stored }, `seed ${seed}: ${trace.join(', ')}`).toEqual({ token: who, stored: who })
      manager.dispose()
    }
  },
)
