import { noLock } from '../../src/core/lock.js'
import { createManager } from '../../src/core/manager.js'
import type { StoredRecord } from '../../src/core/record.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import { idTokenCheck } from '../../src/oauth/id-token.js'
import { oauthClient } from '../../src/oauth/client.js'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { revocation } from '../../src/oauth/revocation.js'
import {
  createAuthorizationServer,
  type AuthorizationServer,
  type Fault,
  type RotationPolicy,
} from '../../src/testing.js'
import { Holder } from './holder.js'
import { Network, type Send, type Weather } from './network.js'
import { Random } from './random.js'
import { SharedLock } from './shared-lock.js'
import { SharedStore, type Write } from './shared-store.js'
import { VirtualTime } from './virtual-time.js'

/** What one run of the simulation is about. */
export interface Setting {
  readonly rotation: RotationPolicy
  readonly reuseRevokes: boolean
  readonly siblings: boolean
  readonly holders: number
  readonly accessTokenSeconds: number
  readonly weather: Weather
  readonly hasLock: boolean
  /** By how much the clocks of holders differ, as on machines of a fleet. */
  readonly mostSkewMs: number
  readonly canWatch: boolean
  /** For how long each holder lives, where they come and go as cloud functions do. */
  readonly lifeMs?: number | undefined
}

/** A holder with its manager. */
export interface Seat {
  readonly holder: Holder
  readonly manager: TokenManager
}

/** Everything of one run: holders, what they share, and the server. One seed replays it. */
export class World {
  readonly time = new VirtualTime()
  readonly random: Random
  readonly server: AuthorizationServer
  readonly store: SharedStore
  readonly lock: SharedLock
  readonly network: Network
  readonly seats: Seat[] = []
  /** By how much the clock of the machine was set. */
  wallOffset = 0
  readonly trace: { readonly at: number; readonly what: string }[] = []
  readonly #clock: Holder
  readonly #onNextIntent: ((seat: Seat) => void)[] = []
  /** Whose intent is in the record, and of which attempt. */
  #turn: string | undefined
  #holders = 0

  constructor(
    seed: number,
    readonly setting: Setting,
  ) {
    this.random = new Random(seed)
    this.#clock = new Holder('server', this.time, this.random, () => Promise.reject(new Error('a server asks nobody')))
    const { rotation, reuseRevokes, siblings, accessTokenSeconds } = setting
    this.server = createAuthorizationServer({
      rotation,
      reuseRevokes,
      siblings,
      accessTokenSeconds,
      environment: this.#clock.environment,
      fault: () => this.faultFor(),
    })
    this.store = new SharedStore(this.time, this.random, (write) => this.#noteWrite(write))
    this.lock = new SharedLock(this.time)
    this.network = new Network(this.time, this.random, this.server, setting.weather, (send) => this.#noteSend(send))
    for (let index = 0; index < setting.holders; index++) this.start()
  }

  /** The server's clock, in milliseconds since 1970. */
  serverNow(): number {
    return this.#clock.environment.now()
  }

  /** What goes wrong at the server with the next request, beyond what the network does to it. */
  faultFor(): Fault | undefined {
    return undefined
  }

  note(what: string): void {
    this.trace.push({ at: this.time.now, what })
  }

  /** A tab is opened, or a process started. */
  start(): Seat {
    const holder = new Holder(`h${this.#holders++}`, this.time, this.random, this.network.fetch)
    const skew = this.random.between(-0.5, 0.5) * this.setting.mostSkewMs
    holder.wallOffset = () => this.wallOffset + skew
    const { environment } = holder
    const { issuer } = this.server
    const metadata = {
      issuer,
      token_endpoint: `${issuer}/token`,
      revocation_endpoint: `${issuer}/revoke`,
    }
    const client = oauthClient({ metadata: () => Promise.resolve(metadata), clientId: 'client', environment })
    const manager = createManager({
      environment,
      client,
      store: this.store.seenBy(holder, this.setting.canWatch),
      key: 'session',
      lock: this.setting.hasLock ? this.lock.seenBy(holder) : noLock,
      grant: refreshTokenGrant(),
      checkIdToken: idTokenCheck(issuer, 'client'),
      revoke: revocation(client, environment),
      allowedOrigins: new Set(),
      renewEarlySeconds: 60,
      autoRenew: true,
      isHidden: () => holder.isHidden,
      watchWake: (look) => {
        holder.wake = (isBackOnline) => holder.deliver(() => look(isBackOnline))
        return () => (holder.wake = () => undefined)
      },
    })
    const seat = { holder, manager }
    this.seats.push(seat)
    return seat
  }

  crash(seat: Seat): void {
    this.note(`${seat.holder.name} crashes`)
    this.#end(seat)
  }

  /** A process ends in good order. Rejects as its manager does, and says that something is lost. */
  async leave(seat: Seat): Promise<void> {
    this.note(`${seat.holder.name} is told to end`)
    this.#vacate(seat)
    try {
      await seat.manager[Symbol.asyncDispose]()
    } finally {
      this.note(`${seat.holder.name} ends`)
      this.#end(seat)
    }
  }

  #end(seat: Seat): void {
    seat.holder.crash()
    this.lock.forget(seat.holder)
    this.#vacate(seat)
  }

  #vacate(seat: Seat): void {
    const place = this.seats.indexOf(seat)
    if (place >= 0) this.seats.splice(place, 1)
  }

  /** Is told of every write. */
  onWrite: (write: Write) => void = () => undefined

  /** Calls `hit` when a holder has written its intent next, and does not know it yet. */
  onNextIntent(hit: (seat: Seat) => void): void {
    this.#onNextIntent.push(hit)
  }

  #noteWrite(write: Write): void {
    this.note(`store: ${describe(write)}`)
    this.onWrite(write)
    const { record, holder } = write
    const intent = record.state === 'live' ? record.intent : undefined
    const turn = intent && !intent.pause ? `${intent.owner} ${intent.attempt}` : undefined
    const isNew = turn !== undefined && turn !== this.#turn
    this.#turn = turn
    const seat = isNew && this.seats.find((one) => one.holder.name === holder)
    if (seat) for (const hit of this.#onNextIntent.splice(0)) hit(seat)
  }

  #noteSend(send: Send): void {
    this.note(`network: request of ${send.holder.name} with ${short(send.refreshToken)}: ${send.fate ?? ''}`)
  }
}

function describe({ holder, record }: Write): string {
  return `${holder} writes ${describeRecord(record)}`
}

/** A record in a few words. */
export function describeRecord(record: StoredRecord | undefined): string {
  if (!record || record.state === 'unreadable') return record?.problem ?? 'nothing'
  const lineage = `${record.sessionId} generation ${record.generation}`
  if (record.state !== 'live') return `${lineage} ${record.state}${record.state === 'ended' ? ` ${record.reason}` : ''}`
  const { intent } = record
  const at = intent && `, intent of ${intent.owner} attempt ${intent.attempt} beat ${intent.beat}`
  const still = intent?.stillMs === undefined ? '' : ` still for ${intent.stillMs} ms`
  const doubt = intent ? `${intent.inDoubt ? ' in doubt' : ''}${intent.pause ? ' given up' : ''}` : ''
  return `${lineage} ${short(record.refreshToken ?? '-')}${at ?? ''}${doubt}${still}`
}

function short(token: string): string {
  return token.split('.').slice(0, 2).join('.')
}
